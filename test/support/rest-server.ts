/** A small REST API of to-dos: GET, POST, PATCH and DELETE under /todos, with failures and delays that a test injects. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, HttpServer } from './http-server.js'

export interface ServerTodo {
  id: number
  title: string
  done?: boolean
  /** What only the server knows. */
  version?: number
}

export class RestServer {
  readonly rows = new Map<number, ServerTodo>()
  /** What was asked: `GET /todos`. */
  readonly requests: string[] = []
  /** Every request is answered with this status, while it is set. */
  status: number | undefined
  readonly #http = new HttpServer((request, response) => this.#answer(request, response))
  #held: Promise<void> | undefined

  static async start(rows: readonly ServerTodo[] = []): Promise<RestServer> {
    const server = new RestServer()
    for (const row of rows) server.rows.set(row.id, row)
    await server.start()
    return server
  }

  get url(): string {
    return `${this.#http.origin}/todos`
  }

  start(): Promise<void> {
    return this.#http.start()
  }

  stop(): Promise<void> {
    return this.#http.stop()
  }

  /** Answers wait from now on until the returned function is called. */
  hold(): () => void {
    let release = (): void => undefined
    this.#held = new Promise((resolve) => {
      release = () => {
        this.#held = undefined
        resolve()
      }
    })
    return release
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await bodyOf(request)) as ServerTodo | undefined
    this.requests.push(`${request.method} ${request.url}`)
    await this.#held
    const send = (status: number, value?: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(value === undefined ? undefined : JSON.stringify(value))
    }
    if (this.status !== undefined) return send(this.status, { error: 'injected' })
    const id = Number(request.url?.split('/')[2])
    switch (request.method) {
      case 'GET':
        return send(200, [...this.rows.values()])
      case 'POST':
        this.rows.set(body!.id, { ...body!, version: 1 })
        return send(201, this.rows.get(body!.id))
      case 'PATCH': {
        const row = this.rows.get(id)
        if (row === undefined) return send(404)
        this.rows.set(id, { ...row, ...body, version: (row.version ?? 0) + 1 })
        return send(200, this.rows.get(id))
      }
      case 'DELETE':
        return send(this.rows.delete(id) ? 204 : 404)
      default:
        return send(405)
    }
  }
}
