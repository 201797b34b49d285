/** The machine's servers on loopback: what adapters fetch goes over real HTTP. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LoadSubsetOptions } from '@tanstack/db'
import type { BorderRow, BorderServer } from '../../../src/testing.js'
import { decodeValue, type Encoded, encodeValue } from '../../../src/values/value.js'
import { HttpServer } from '../../support/http-server.js'

/** All rows, or those of a subset, at a version of the server. */
export interface Fetched {
  readonly version: number
  readonly rows: BorderRow[]
}

export class Loopback {
  readonly #servers: BorderServer[] = []
  readonly #subsets: LoadSubsetOptions[] = []
  readonly #http = new HttpServer((request, response) => this.#answer(request, response))

  static async start(): Promise<Loopback> {
    const loopback = new Loopback()
    await loopback.#http.start()
    return loopback
  }

  /** A request that fails rejects, as the apps' own do. */
  async fetch(server: BorderServer, subset: LoadSubsetOptions | undefined): Promise<Fetched> {
    const of = this.#numberOf(server)
    // Conditions have values of all types: the request names one.
    const asked = subset === undefined ? '' : `?subset=${this.#subsets.push(subset) - 1}`
    const response = await fetch(`${this.#http.origin}/${of}${asked}`)
    if (!response.ok) throw new Error(`the server answers ${response.status}`)
    const { json, notes } = (await response.json()) as Encoded
    return decodeValue(json, notes) as Fetched
  }

  #numberOf(server: BorderServer): number {
    const known = this.#servers.indexOf(server)
    return known === -1 ? this.#servers.push(server) - 1 : known
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url as string, 'http://server')
    const { status, body } = this.#content(Number(pathname.slice(1)), searchParams.get('subset'))
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

  #content(of: number, subset: string | null): { readonly status: number; readonly body: object } {
    const server = this.#servers[of]
    if (server === undefined) return { status: 404, body: {} }
    if (server.isAway) return { status: 503, body: {} }
    if (server.failures > 0) {
      server.failures--
      return { status: 500, body: {} }
    }
    const options = subset === null ? undefined : this.#subsets[Number(subset)]
    const rows = options === undefined ? [...server.rows.values()] : server.rowsOf(options)
    return { status: 200, body: encodeValue({ version: server.version, rows }) }
  }
}
