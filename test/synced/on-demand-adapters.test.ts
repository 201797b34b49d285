/** Query and Electric on demand: what a live query asks for comes from the source once, and from disk afterwards. */

import { createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import { electricCollectionOptions } from '@tanstack/electric-db-collection'
import { parseLoadSubsetOptions, queryCollectionOptions } from '@tanstack/query-db-collection'
import { afterEach, describe, expect, test } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open } from '../runtime/fixture.js'
import { ElectricServer } from '../support/electric-server.js'
import { HttpServer } from '../support/http-server.js'
import { newClient } from './query.js'

interface Todo {
  readonly id: string
  readonly title: string
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** What both adapters are put through. */
interface Server {
  readonly asked: readonly string[]
  put(id: string, title: string): void
  stop(): Promise<unknown>
  collection(persistence: Daybook): ReturnType<typeof electricTodos>
}

const titled = (todos: ReturnType<Server['collection']>, title: string) => {
  const live = createLiveQueryCollection((q) =>
    q.from({ todo: todos }).where(({ todo }) => eq(todo.title, title)),
  )
  ends.push(() => live.cleanup())
  return live
}
const ids = (live: { toArray: readonly Todo[] }): string[] => live.toArray.map(({ id }) => id).sort()

async function electricServer(): Promise<Server> {
  const server = await ElectricServer.start()
  ends.push(() => server.stop())
  return {
    asked: server.subsets,
    put: (id, title) => void server.change('insert', { id, title }),
    stop: () => server.stop(),
    collection: (persistence) => electricTodos(persistence, server.url),
  }
}

function electricTodos(persistence: Daybook, url: string) {
  const collection = createCollection(
    persistedCollectionOptions({
      ...electricCollectionOptions<Todo & Record<string, unknown>>({
        id: 'todos',
        shapeOptions: {
          url,
          params: { table: 'todos' },
          backoffOptions: { initialDelay: 5, maxDelay: 20, multiplier: 1.5, maxRetries: 2 },
        },
        syncMode: 'on-demand',
        getKey: (todo) => todo.id,
      }),
      persistence,
    }),
  )
  ends.push(() => collection.cleanup())
  return collection
}

async function queryServer(): Promise<Server> {
  const rows = new Map<string, Todo>()
  const asked: string[] = []
  const server = new HttpServer(({ url }, response) => {
    const title = new URL(url as string, 'http://server').searchParams.get('title')
    asked.push(String(title))
    response.end(JSON.stringify([...rows.values()].filter((row) => title === null || row.title === title)))
  })
  await server.start()
  ends.push(() => server.stop())
  return {
    asked,
    put: (id, title) => void rows.set(id, { id, title }),
    stop: () => server.stop(),
    collection: (persistence) => queryTodos(persistence, server.origin) as never,
  }
}

function queryTodos(persistence: Daybook, origin: string) {
  const queryClient = newClient()
  const collection = createCollection(
    persistedCollectionOptions({
      ...queryCollectionOptions({
        id: 'todos',
        queryKey: ['todos'],
        queryClient,
        syncMode: 'on-demand',
        // Rows outlive the live queries that wanted them.
        persistedGcTime: Number.POSITIVE_INFINITY,
        getKey: (todo: Todo) => todo.id,
        queryFn: async ({ meta }): Promise<Todo[]> => {
          const { filters } = parseLoadSubsetOptions(meta?.loadSubsetOptions)
          const query = new URLSearchParams()
          for (const { field, value } of filters) query.set(String(field[0]), String(value))
          return (await (await fetch(`${origin}/?${query}`)).json()) as Todo[]
        },
      }),
      persistence,
    }),
  )
  ends.push(() => collection.cleanup())
  return collection
}

describe.each([
  ['Query', queryServer],
  ['Electric', electricServer],
])('%s on demand', (_name, start) => {
  test('loads what is asked for, and has it at the next start without the server', async () => {
    const server = await start()
    for (let n = 0; n < 20; n++) server.put(`t${n}`, n % 2 === 0 ? 'even' : 'odd')
    const file = newFile()
    const first = open(file)
    const live = titled(server.collection(first), 'even')
    await live.preload()
    expect(live.size).toBe(10)
    expect(server.asked.length).toBeGreaterThan(0)
    await first.close()

    await server.stop()
    const second = open(file)
    const offline = titled(server.collection(second), 'even')
    await offline.preload()
    expect(ids(offline)).toEqual(ids(live))
    await second.close()
  })

  test('in a second context, the subset is loaded by the one that runs the source, and followed', async () => {
    const server = await start()
    for (let n = 0; n < 20; n++) server.put(`t${n}`, n % 2 === 0 ? 'even' : 'odd')
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const owner = server.collection(one)
    const odd = titled(owner, 'odd')
    await odd.preload()
    const asked = server.asked.length
    const followed = titled(server.collection(two), 'even')
    await followed.preload()
    expect(followed.size).toBe(10)
    expect(odd.size).toBe(10)
    expect(server.asked.length).toBeGreaterThan(asked)
  })
})

test('Electric on demand follows changes of what was loaded, in every context', async () => {
  const server = await electricServer()
  server.put('a', 'even')
  const file = newFile()
  const [one, two] = [open(file), open(file)]
  const live = titled(server.collection(one), 'even')
  await live.preload()
  const followed = titled(server.collection(two), 'even')
  await followed.preload()
  server.put('b', 'even')
  await eventually(() => live.size === 2 && followed.size === 2)
  expect(ids(followed)).toEqual(['a', 'b'])
})
