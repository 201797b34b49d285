/**
 * A collection of @tanstack/electric-db-collection as a source of the machine: the rows of its server are a table behind a
 * server that speaks Electric's protocol.
 */

import { type ElectricCollectionUtils, electricCollectionOptions } from '@tanstack/electric-db-collection'
import { COLUMNS } from '../../../src/testing/border/values.js'
import type { BorderRow, BorderServer, SourceFacts, SourceUnderTest } from '../../../src/testing.js'
import { decodeValue, type Encoded, encodeValue } from '../../../src/values/value.js'
import { ElectricServer, type ShapeRow } from '../../support/electric-server.js'

/** The tables of servers of the machine. */
export class Tables {
  readonly #tables = new Map<BorderServer, Table>()
  #electric: ElectricServer | undefined

  static async start(): Promise<Tables> {
    const tables = new Tables()
    tables.#electric = await ElectricServer.start({
      // Values of all types, as this machine writes them.
      columns: Object.fromEntries(['id', ...COLUMNS, 'v'].map((name) => [name, 'value'])),
      statusOf: (of) => [...tables.#tables.values()].find(({ name }) => name === of)?.status(),
    })
    return tables
  }

  get url(): string {
    return (this.#electric as ElectricServer).url
  }

  /** The table that has the rows of a server. */
  of(server: BorderServer): Table {
    const known = this.#tables.get(server)
    if (known !== undefined) return known
    const table = new Table(`rows_${this.#tables.size}`, server, this.#electric as ElectricServer)
    this.#tables.set(server, table)
    return table
  }
}

/** One table, which follows its server. */
class Table {
  readonly name: string
  readonly #server: BorderServer
  readonly #electric: ElectricServer
  readonly #rows = new Map<string, ShapeRow>()
  /** The version of the server after each change of the table. */
  readonly #versions: number[] = [0]

  constructor(name: string, server: BorderServer, electric: ElectricServer) {
    this.name = name
    this.#server = server
    this.#electric = electric
    this.#follow(0)
    let seen = server.version
    server.listen(() => {
      const before = seen
      seen = server.version
      this.#follow(before)
    })
  }

  /** The version of the server that a client has seen at an offset of the table. */
  versionAt(offset: string): number {
    return this.#versions[Number(offset.split('_')[0])] ?? 0
  }

  /** Clients have to fetch it anew. */
  rotate(): void {
    this.#electric.rotate(this.name)
  }

  /** What its clients are answered instead, if so. */
  status(): number | undefined {
    if (this.#server.isAway) return 503
    if (this.#server.failures === 0) return undefined
    this.#server.failures--
    return 400
  }

  #follow(version: number): void {
    const changes = this.#server.since(version) ?? []
    for (const { key, row } of changes) {
      const id = textOf(key)
      const before = this.#rows.get(id)
      if (row === undefined) {
        this.#rows.delete(id)
        if (before === undefined) continue
        this.#change('delete', { id })
      } else {
        const after = stored(row)
        this.#rows.set(id, after)
        this.#change(before === undefined ? 'insert' : 'update', before ? changed(before, after) : after)
      }
    }
    // What came and went in between nobody has to see.
    this.#versions[this.#versions.length - 1] = this.#server.version
  }

  #change(operation: 'insert' | 'update' | 'delete', row: ShapeRow): void {
    this.#electric.change(operation, row, this.name)
    this.#versions.push(this.#server.version)
  }
}

const textOf = (value: unknown): string => JSON.stringify(encodeValue(value))
const valueFrom = (text: string): unknown => {
  const { json, notes } = JSON.parse(text) as Encoded
  return decodeValue(json, notes)
}

const stored = (row: BorderRow): ShapeRow =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === null ? null : textOf(value)]),
  ) as ShapeRow

/** The columns that have changed, and the key. */
const changed = (before: ShapeRow, after: ShapeRow): ShapeRow =>
  Object.fromEntries(
    Object.entries(after).filter(([name, value]) => name === 'id' || value !== before[name]),
  ) as ShapeRow

/** `updates` of the shape decides whether changes have all columns. */
export const electricSource =
  (tables: Tables) =>
  ({ server, shape }: SourceFacts): SourceUnderTest => {
    const table = tables.of(server)
    let seen = -1
    let asking = 0
    const options = electricCollectionOptions<BorderRow & Record<string, never>>({
      id: 'rows',
      getKey: ({ id }: BorderRow) => id,
      shapeOptions: {
        url: tables.url,
        params: { table: table.name, ...(shape.updates === 'full' && { replica: 'full' }) },
        parser: { value: valueFrom as never },
        backoffOptions: { initialDelay: 20, maxDelay: 200, multiplier: 1.5 },
        onError: () => ({}),
        fetchClient: async (...request: Parameters<typeof fetch>) => {
          const isLive = new URL(String(request[0])).searchParams.has('live')
          if (!isLive) asking++
          try {
            const response = await fetch(...request)
            const offset = response.headers.get('electric-offset')
            if (response.status === 409) seen = -1
            else if (response.headers.has('electric-up-to-date') && offset !== null)
              seen = table.versionAt(offset)
            return response
          } finally {
            if (!isLive) asking--
          }
        },
      },
    } as never) as unknown as {
      readonly sync: SourceUnderTest['sync']
      readonly utils: ElectricCollectionUtils
    }
    return {
      options: { utils: options.utils, snapshot: undefined },
      sync: {
        ...options.sync,
        sync: (params) => {
          seen = -1
          return options.sync.sync(params)
        },
      },
      get seen() {
        return seen
      },
      tell: (what) => {
        if (what === 'truncate first') table.rotate()
      },
      settled: async () => {
        // A long poll answers when there is something new.
        const isAnswering = (): boolean => asking > 0 || (!server.isAway && seen < server.version)
        for (let turns = 0; turns < 500 && isAnswering(); turns++) await new Promise(setImmediate)
      },
    }
  }
