/**
 * A server that speaks Electric's shape protocol: a snapshot, a log of changes after it with offsets, long polling at its
 * end, and 409 for a handle that is gone. Tests make it slow, fail or cut connections.
 *
 * https://electric-sql.com/docs/api/http
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { deferred } from '../../src/runtime/deferred.js'
import { bodyOf, HttpServer } from './http-server.js'

export interface ShapeRow {
  id: string
  [column: string]: string | null
}

/** What a client asked for. */
export interface ShapeRequest {
  readonly table: string
  readonly offset: string
  readonly handle: string | null
  readonly live: boolean
  /** Only what changes is wanted: there is no snapshot in the stream. */
  readonly changesOnly: boolean
  /** Updates are to have all of the row. */
  readonly full: boolean
  /** A snapshot of a part is wanted, and not the stream. */
  readonly isSubset: boolean
}

/** What happens to one request: an error, or a connection that breaks in the middle of the answer. */
export type ShapeFault = 'cut' | { readonly status: number }

interface Logged {
  readonly lsn: number
  readonly message: object
  /** The same with all of the row. */
  readonly full: object
}

interface Shape {
  handle: string
  lsn: number
  readonly rows: Map<string, ShapeRow>
  log: Logged[]
}

export interface ElectricServerOptions {
  /** How long a long poll lasts when nothing happens, in ms. */
  readonly liveTimeout?: number
  /** How many changes one answer has at most. */
  readonly page?: number
  /** What makes a row part of the shape, as a shape with a subquery says it. */
  readonly tagOf?: (row: ShapeRow) => string
  /** The columns of all tables and their types, as Electric names them. */
  readonly columns?: Readonly<Record<string, string>>
  /** A status that all answers of a table have instead, for as long as there is one. */
  readonly statusOf?: (table: string) => number | undefined
}

export class ElectricServer {
  readonly requests: ShapeRequest[] = []
  /** The conditions of the subsets that were asked for. */
  readonly subsets: string[] = []
  /** One for each of the next answers. */
  readonly faults: ShapeFault[] = []
  /** The status of each of the next answers to subsets. */
  readonly subsetFaults: number[] = []
  readonly #liveTimeout: number
  readonly #page: number
  readonly #tagOf: ((row: ShapeRow) => string) | undefined
  readonly #schema: string
  readonly #statusOf: (table: string) => number | undefined
  readonly #shapes = new Map<string, Shape>()
  readonly #waiting = new Set<() => void>()
  readonly #http = new HttpServer((request, response) => this.#answer(request, response))
  #handles = 0
  #txids = 700
  #held: Promise<void> | undefined
  #heldStream: Promise<void> | undefined
  #heldSubsets: Promise<void> | undefined

  private constructor({
    liveTimeout = 20_000,
    page = 1000,
    tagOf,
    columns = { id: 'text', title: 'text' },
    statusOf = () => undefined,
  }: ElectricServerOptions) {
    this.#liveTimeout = liveTimeout
    this.#page = page
    this.#tagOf = tagOf
    this.#statusOf = statusOf
    const types = Object.entries(columns).map(([name, type]) => [
      name,
      name === 'id' ? { type, pk_index: 0 } : { type },
    ])
    this.#schema = JSON.stringify(Object.fromEntries(types))
  }

  static async start(options: ElectricServerOptions = {}): Promise<ElectricServer> {
    const server = new ElectricServer(options)
    await server.start()
    return server
  }

  get url(): string {
    return `${this.#http.origin}/v1/shape`
  }

  start(): Promise<void> {
    return this.#http.start()
  }

  async stop(): Promise<void> {
    this.#wake()
    await this.#http.stop()
  }

  /** Changes a row; an update sends only the columns that it names. Answers with the id of the transaction. */
  change(operation: 'insert' | 'update' | 'delete', row: ShapeRow, table = 'todos'): number {
    const shape = this.#shape(table)
    const txid = ++this.#txids
    const lsn = ++shape.lsn
    if (operation === 'delete') shape.rows.delete(row.id)
    else shape.rows.set(row.id, { ...shape.rows.get(row.id), ...row })
    const headers = {
      operation,
      relation: ['public', table],
      txids: [txid],
      lsn: `${lsn}`,
      op_position: 0,
      last: true,
      ...(operation === 'insert' && this.#tags(row)),
    }
    const message = { key: keyOf(table, row), value: row, headers }
    shape.log.push({ lsn, message, full: { ...message, value: shape.rows.get(row.id) ?? row } })
    this.#wake()
    return txid
  }

  /** Sends a message that the rows do not account for. */
  inject(message: object, table = 'todos'): void {
    const shape = this.#shape(table)
    shape.log.push({ lsn: ++shape.lsn, message, full: message })
    this.#wake()
  }

  /** A row is no part of the shape any more, because what its tag says is not so. */
  moveOut(row: ShapeRow, table = 'todos'): void {
    this.#shape(table).rows.delete(row.id)
    const patterns = [{ pos: 0, value: this.#tagOf?.(row) }]
    this.inject({ headers: { event: 'move-out', patterns } }, table)
  }

  /** The rows as they are, and the offset at which they are so. */
  state(table = 'todos'): { readonly offset: string; readonly rows: readonly ShapeRow[] } {
    const { lsn, rows } = this.#shape(table)
    return { offset: offsetOf(lsn), rows: [...rows.values()].map((row) => ({ ...row })) }
  }

  /** The shape gets another handle; its log is gone, clients must fetch its rows anew. */
  rotate(table = 'todos'): void {
    const shape = this.#shape(table)
    shape.handle = this.#newHandle()
    shape.log = []
    this.#wake()
  }

  /** Answers wait from now on until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = deferred<void>()
    this.#held = promise
    return () => {
      this.#held = undefined
      resolve()
    }
  }

  /** Those of streams do, and those of subsets do not. */
  holdStream(): () => void {
    const { promise, resolve } = deferred<void>()
    this.#heldStream = promise
    return () => {
      this.#heldStream = undefined
      resolve()
    }
  }

  /** Those to subsets do. */
  holdSubsets(): () => void {
    const { promise, resolve } = deferred<void>()
    this.#heldSubsets = promise
    return () => {
      this.#heldSubsets = undefined
      resolve()
    }
  }

  #newHandle(): string {
    return `handle-${++this.#handles}`
  }

  #shape(table: string): Shape {
    const known = this.#shapes.get(table)
    if (known !== undefined) return known
    const shape: Shape = { handle: this.#newHandle(), lsn: 0, rows: new Map(), log: [] }
    this.#shapes.set(table, shape)
    return shape
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url as string, 'http://server')
    if (pathname !== '/v1/shape') return this.#write(request, response, pathname)
    const table = searchParams.get('table') as string
    const asked: ShapeRequest = {
      table,
      offset: searchParams.get('offset') as string,
      handle: searchParams.get('handle'),
      live: searchParams.get('live') === 'true',
      changesOnly: searchParams.get('log') === 'changes_only',
      full: searchParams.get('replica') === 'full',
      isSubset: [...searchParams.keys()].some((name) => name.startsWith('subset__')),
    }
    this.requests.push(asked)
    await this.#held
    const shape = this.#shape(table)
    if (asked.isSubset) {
      await this.#heldSubsets
      this.#subset(shape, table, searchParams, response)
      return
    }
    await this.#heldStream
    const isQuiet = this.faults.length === 0 && asked.handle === shape.handle
    if (asked.live && isQuiet && this.#news(shape, asked).length === 0) await this.#waitForNews(request)
    const status = this.#statusOf(table)
    if (status !== undefined) return send(response, status, {}, { message: 'injected' })
    const fault = this.faults.shift()
    if (typeof fault === 'object') return send(response, fault.status, {}, { message: 'injected' })
    const content = this.#content(shape, asked)
    send(response, content.status, content.headers, content.body, fault === 'cut')
  }

  #content(
    shape: Shape,
    asked: ShapeRequest,
  ): { status: number; headers: Record<string, string>; body: object[] } {
    const { table, offset, handle, changesOnly, full } = asked
    const headers = {
      'electric-handle': shape.handle,
      'electric-schema': this.#schema,
      'electric-cursor': `${this.requests.length}`,
    }
    // A stream that begins at the end, and asks for snapshots of what it needs.
    if (offset === 'now') {
      const upToDate = { headers: { control: 'up-to-date', global_last_seen_lsn: `${shape.lsn}` } }
      const end = { ...headers, 'electric-offset': offsetOf(shape.lsn), 'electric-up-to-date': '' }
      return { status: 200, headers: end, body: [upToDate] }
    }
    if (offset !== '-1' && handle !== shape.handle) {
      return { status: 409, headers, body: [{ headers: { control: 'must-refetch' } }] }
    }
    if (offset === '-1') {
      const body = changesOnly ? [] : [...shape.rows.values()].map((row) => this.#inserted(table, row))
      return { status: 200, headers: { ...headers, 'electric-offset': offsetOf(shape.lsn) }, body }
    }
    const news = this.#news(shape, asked)
    const page = news.slice(0, this.#page)
    const end = page.at(-1)
    const found = page.map((each) => (full ? each.full : each.message))
    const next = { ...headers, 'electric-offset': end === undefined ? offset : offsetOf(end.lsn) }
    if (page.length < news.length) return { status: 200, headers: next, body: found }
    const upToDate = { headers: { control: 'up-to-date', global_last_seen_lsn: `${shape.lsn}` } }
    return { status: 200, headers: { ...next, 'electric-up-to-date': '' }, body: [...found, upToDate] }
  }

  /** A snapshot of a subset: columns that are compared with parameters, in an order, up to a limit. */
  #subset(
    { handle, lsn, rows }: Shape,
    table: string,
    asked: URLSearchParams,
    response: ServerResponse,
  ): void {
    this.subsets.push(asked.get('subset__where') ?? '')
    const status = this.subsetFaults.shift()
    if (status !== undefined) {
      send(response, status, {}, { message: 'injected' })
      return
    }
    const parameters = JSON.parse(asked.get('subset__params') ?? '{}') as Record<string, string>
    const found = [...rows.values()].filter(isMeant(asked.get('subset__where') ?? '', parameters))
    const [, column = 'id', direction] =
      /"?(\w+)"?(?: (ASC|DESC))?/i.exec(asked.get('subset__order_by') ?? 'id') ?? []
    found.sort((a, b) => (a[column]! < b[column]! ? -1 : 1) * (direction?.toUpperCase() === 'DESC' ? -1 : 1))
    const offset = Number(asked.get('subset__offset') ?? 0)
    const data = found
      .slice(offset, offset + Number(asked.get('subset__limit') ?? found.length))
      .map((row) => this.#inserted(table, row))
    const metadata = {
      snapshot_mark: ++this.#txids,
      xmin: '1',
      xmax: '2',
      xip_list: [],
      database_lsn: `${lsn}`,
    }
    const headers = {
      'electric-handle': handle,
      'electric-offset': offsetOf(lsn),
      'electric-schema': this.#schema,
    }
    send(response, 200, headers, { metadata, data })
  }

  #inserted(table: string, row: ShapeRow): object {
    const headers = { operation: 'insert', relation: ['public', table], ...this.#tags(row) }
    return { key: keyOf(table, row), value: row, headers }
  }

  #tags(row: ShapeRow): object {
    return this.#tagOf === undefined ? {} : { tags: [this.#tagOf(row)] }
  }

  #news({ log }: Shape, { offset }: ShapeRequest): Logged[] {
    const seen = Number(offset.split('_')[0])
    return log.filter(({ lsn }) => lsn > seen)
  }

  #waitForNews(request: IncomingMessage): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(done)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, this.#liveTimeout)
      this.#waiting.add(done)
      request.once('close', done)
    })
  }

  /** The app's own API: `POST /todos` writes a row and answers with the id of the transaction. */
  async #write(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const row = (await bodyOf(request)) as ShapeRow
    send(response, 200, {}, { txid: this.change('insert', row, pathname.slice(1)) })
  }
}

const offsetOf = (lsn: number): string => `${lsn}_inf`
const keyOf = (table: string, { id }: ShapeRow): string => `"public"."${table}"/"${id}"`

function send(response: ServerResponse, status: number, headers: object, body: object, cut = false): void {
  const bytes = Buffer.from(JSON.stringify(body))
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': bytes.length,
  })
  if (!cut) response.end(bytes)
  else response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy())
}

/** Whether a row fits a condition as Electric's adapter writes it: `("title" = $1) AND ("id" > $2)`. */
function isMeant(where: string, parameters: Record<string, string>): (row: ShapeRow) => boolean {
  const terms = Array.from(where.matchAll(/"(\w+)" (=|>|<|>=|<=) \$(\d+)/g))
  return (row) =>
    terms.every(([, column, operator, number]) => {
      const [value, bound] = [row[column as string] ?? '', parameters[number as string] ?? '']
      if (operator === '=') return value === bound
      return operator?.startsWith('>') === true
        ? value > bound || (operator === '>=' && value === bound)
        : value < bound || (operator === '<=' && value === bound)
    })
}
