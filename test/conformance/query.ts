/** Runs the same app twice: on a Query collection as it is, and on one that a daybook keeps. */

import { type Collection, createCollection, createLiveQueryCollection } from '@tanstack/db'
import { QueryClient, type QueryClientConfig, type QueryFunctionContext } from '@tanstack/query-core'
import { parseLoadSubsetOptions, queryCollectionOptions } from '@tanstack/query-db-collection'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open } from '../runtime/fixture.js'
import { RestServer, type ServerTodo } from '../support/rest-server.js'

export type Wrapping = 'unwrapped' | 'wrapped'

/** Settings of `queryCollectionOptions`, and `identity` of ours. */
export interface Config {
  readonly queryKey?: readonly unknown[]
  readonly syncMode?: 'eager' | 'on-demand'
  readonly initialData?: readonly ServerTodo[]
  readonly staleTime?: number
  readonly gcTime?: number
  readonly persistedGcTime?: number
  readonly identity?: string
}

const ends: (() => unknown)[] = []

/** Call it after each test. */
export async function endAll(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end()
}

type Select = Parameters<typeof createLiveQueryCollection>[0]

/** One app, from its start to its end, and its starts after that. */
export class QueryApp {
  readonly server: RestServer
  readonly #wrapping: Wrapping
  readonly #file = newFile()

  private constructor(wrapping: Wrapping, server: RestServer) {
    this.#wrapping = wrapping
    this.server = server
  }

  static async make(wrapping: Wrapping, rows: readonly ServerTodo[]): Promise<QueryApp> {
    const server = await RestServer.start(rows)
    ends.push(() => server.stop())
    return new QueryApp(wrapping, server)
  }

  /** Starts the app. */
  start(config: Config = {}, client: QueryClientConfig = {}): Life {
    const queryClient = new QueryClient({
      ...client,
      defaultOptions: { queries: { retry: false, ...client.defaultOptions?.queries } },
    })
    const { identity, ...query } = config
    const { url } = this.server
    const options = {
      ...queryCollectionOptions({
        id: 'todos',
        queryKey: ['todos'],
        queryClient,
        getKey: (todo: ServerTodo) => todo.id,
        queryFn: async ({ meta }: QueryFunctionContext) => {
          const response = await fetch(url)
          if (!response.ok) throw new Error(`the server answered ${response.status}`)
          const rows = (await response.json()) as ServerTodo[]
          return meta?.loadSubsetOptions === undefined ? rows : subsetOf(rows, meta.loadSubsetOptions)
        },
        onInsert: async ({ transaction }) => {
          for (const { modified } of transaction.mutations) await send('POST', url, modified)
        },
        onUpdate: async ({ transaction }) => {
          for (const { key, changes } of transaction.mutations) await send('PATCH', `${url}/${key}`, changes)
        },
        onDelete: async ({ transaction }) => {
          for (const { key } of transaction.mutations) await send('DELETE', `${url}/${key}`)
        },
        ...(query as object),
      }),
    }
    if (this.#wrapping === 'unwrapped')
      return new Life(createCollection(options as never) as never, queryClient, async () => undefined)
    const persistence = open(this.#file)
    const wrapped = persistedCollectionOptions({ ...options, ...(identity && { identity }), persistence })
    return new Life(createCollection(wrapped as never) as never, queryClient, () => persistence.close())
  }
}

interface QueryUtilities {
  refetch(): Promise<unknown>
  writeInsert(row: ServerTodo): Promise<unknown>
  writeUpdate(row: Partial<ServerTodo>): Promise<unknown>
  writeDelete(key: number): Promise<unknown>
  writeUpsert(row: Partial<ServerTodo>): Promise<unknown>
  writeBatch(work: () => void): Promise<unknown>
  readonly isError: boolean
  readonly lastError: unknown
}

type Todos = Collection<ServerTodo, number, QueryUtilities & Record<string, never>>

export class Life {
  readonly todos: Todos
  readonly utils: QueryUtilities
  readonly client: QueryClient
  readonly #close: () => Promise<void>
  readonly #queries: { cleanup(): Promise<void> }[] = []
  #hasEnded = false

  constructor(todos: Todos, client: QueryClient, close: () => Promise<void>) {
    this.todos = todos
    this.utils = todos.utils as unknown as QueryUtilities
    this.client = client
    this.#close = close
    ends.push(() => this.end())
  }

  /** The ids in the collection. */
  get ids(): number[] {
    return Array.from(this.todos.keys()).sort()
  }

  /** A live query; what it shows comes in the order of its rows. */
  live(select: (q: never, todos: Todos) => unknown): { toArray: readonly ServerTodo[]; ids(): number[] } & {
    preload(): Promise<void>
    cleanup(): Promise<void>
    readonly status: string
  } {
    const live = createLiveQueryCollection(((q: never) => select(q, this.todos)) as unknown as Select)
    this.#queries.push(live as never)
    return Object.assign(live, {
      ids: () => (live.toArray as unknown as ServerTodo[]).map(({ id }) => id),
    }) as never
  }

  /** Resolves when every fetch that is under way has ended. */
  async fetched(): Promise<void> {
    await eventually(() => this.client.isFetching() === 0, 'the end of the fetches')
  }

  async end(): Promise<void> {
    if (this.#hasEnded) return
    this.#hasEnded = true
    for (const query of this.#queries) await query.cleanup()
    await this.todos.cleanup()
    await this.#close()
    this.client.clear()
  }
}

function subsetOf(rows: readonly ServerTodo[], asked: unknown): ServerTodo[] {
  const { limit, offset = 0 } = asked as { readonly limit?: number; readonly offset?: number }
  const { filters, sorts } = parseLoadSubsetOptions(asked as never)
  const fields = (row: ServerTodo): Record<string, unknown> => ({ ...row })
  let found = rows.filter((row) =>
    filters.every(({ field, operator, value }) => {
      const own = fields(row)[String(field[0])]
      if (operator === 'eq') return own === value
      if (operator === 'gt') return (own as number) > (value as number)
      if (operator === 'gte') return (own as number) >= (value as number)
      throw new Error(`the server does not know ${operator}`)
    }),
  )
  const [sort] = sorts
  if (sort !== undefined) {
    const name = String(sort.field[0])
    const sign = sort.direction === 'desc' ? -1 : 1
    found = found.sort((a, b) => sign * ((fields(a)[name] as number) - (fields(b)[name] as number)))
  }
  return found.slice(offset, limit === undefined ? undefined : offset + limit)
}

async function send(method: string, url: string, body?: object): Promise<void> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) })
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
}
