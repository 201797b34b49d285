/** An HTTP server on loopback that a test can stop, and start again at the same address. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll } from 'vitest'

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

const running = new Set<HttpServer>()

afterAll(() => Promise.all(Array.from(running, (server) => server.stop())))

export class HttpServer {
  readonly #handler: Handler
  #server: Server | undefined
  #port = 0

  constructor(handler: Handler) {
    this.#handler = handler
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void Promise.resolve(this.#handler(request, response)).catch((error: unknown) => {
        response.destroy(error as Error)
      })
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
    running.add(this)
  }

  /** Cuts all connections; nobody answers at this address until the next start. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    running.delete(this)
    if (server === undefined) return
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
  }
}

export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? undefined : JSON.parse(text)
}
