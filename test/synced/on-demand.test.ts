/** On-demand collections: live queries load their rows from disk, then from the source. */

import {
  BasicIndex,
  createCollection,
  createLiveQueryCollection,
  eq,
  gt,
  type LoadSubsetOptions,
  lt,
} from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import { type Daybook, persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open, plain, rowsIn, type Todo, transactionsIn } from '../runtime/fixture.js'
import type { Params } from './source.js'

const COUNT = 500
const seed = async (daybook: Daybook): Promise<void> => {
  await daybook.write(
    Array.from({ length: COUNT }, (_, id) => ({
      op: 'put' as const,
      collection: 'todos',
      key: id,
      value: { id, title: `todo ${id % 10}`, done: id % 2 === 0 },
    })),
  )
}

const localTodos = (persistence: Daybook) =>
  createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (todo: Todo) => todo.id,
      persistence,
      syncMode: 'on-demand',
      autoIndex: 'eager',
      defaultIndexType: BasicIndex,
    }),
  )

describe('a local-only collection that loads on demand', () => {
  test('loads what a live query asks for, and nothing else', async () => {
    const daybook = open()
    await seed(daybook)
    const todos = localTodos(daybook)
    const live = createLiveQueryCollection((q) =>
      q.from({ todo: todos }).where(({ todo }) => eq(todo.title, 'todo 7')),
    )
    await live.preload()
    expect(live.size).toBe(COUNT / 10)
    expect(todos.size).toBe(COUNT / 10)
  })

  test('loads pages of an order', async () => {
    const daybook = open()
    await seed(daybook)
    const todos = localTodos(daybook)
    const live = createLiveQueryCollection((q) =>
      q
        .from({ todo: todos })
        .orderBy(({ todo }) => todo.id, 'desc')
        .limit(5),
    )
    await live.preload()
    expect(live.toArray.map(({ id }) => id)).toEqual([499, 498, 497, 496, 495])
    expect(todos.size).toBeLessThan(50)
    await live.utils.setWindow({ offset: 5, limit: 5 })
    await eventually(() => live.toArray[0]?.id === 494)
    expect(live.toArray.map(({ id }) => id)).toEqual([494, 493, 492, 491, 490])
  })

  test('keeps what is written, refuses a key that is on disk but not loaded, and follows others', async () => {
    const file = newFile()
    const daybook = open(file)
    await seed(daybook)
    const todos = localTodos(daybook)
    const live = createLiveQueryCollection((q) => q.from({ todo: todos }).where(({ todo }) => lt(todo.id, 3)))
    await live.preload()
    await expect(todos.insert({ id: 77, title: 'taken' }).isPersisted.promise).rejects.toMatchObject({
      code: 'DAYBOOK_KEY_TAKEN',
    })
    await todos.insert({ id: -1, title: 'new' }).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.title = 'changed'
    }).isPersisted.promise
    const other = open(file)
    await other.write([
      { op: 'put', collection: 'todos', key: -2, value: { id: -2, title: 'from elsewhere' } },
    ])
    await eventually(() => live.size === 5)
    expect(rowsIn(live).map((row) => (row as Todo).title)).toEqual([
      'new',
      'from elsewhere',
      'todo 0',
      'changed',
      'todo 2',
    ])
  })
})

/** A server that answers subsets; nothing but what it is asked for. */
class Server {
  readonly rows = new Map<number, Todo>()
  readonly asked: unknown[] = []
  online = true

  collection(persistence: Daybook) {
    return createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (todo: Todo) => todo.id,
        persistence,
        syncMode: 'on-demand',
        sync: {
          sync: ({ begin, write, commit, markReady, collection }: Params) => {
            markReady()
            return {
              loadSubset: async (options: LoadSubsetOptions) => {
                this.asked.push(options)
                await new Promise((resolve) => setTimeout(resolve, 1))
                if (!this.online) throw new Error('offline')
                begin()
                for (const row of this.rows.values()) {
                  write({ type: collection.has(row.id) ? 'update' : 'insert', value: row })
                }
                commit()
              },
            }
          },
        },
      }),
    )
  }
}

describe('a synced collection that loads on demand', () => {
  test('waits for the source the first time, and shows rows from disk when it was answered before', async () => {
    const file = newFile()
    const server = new Server()
    server.rows.set(1, { id: 1, title: 'one' }).set(2, { id: 2, title: 'two' })
    const first = open(file)
    const query = (todos: ReturnType<Server['collection']>) =>
      createLiveQueryCollection((q) => q.from({ todo: todos }).where(({ todo }) => gt(todo.id, 0)))
    const live = query(server.collection(first))
    await live.preload()
    expect(rowsIn(live)).toEqual([...server.rows.values()])
    expect(server.asked.length).toBe(1)
    await first.close()

    server.online = false
    const second = open(file)
    const told: unknown[] = []
    second.on('source', (event) => told.push(event.status))
    const offline = query(server.collection(second))
    await offline.preload()
    expect(rowsIn(offline)).toEqual([...server.rows.values()])
    await eventually(() => told.length > 0)
    expect(told).toEqual(['failing'])
    await second.close()
  })

  test('that was never answered fails with the source, and is not ready and empty', async () => {
    const server = new Server()
    server.online = false
    const todos = server.collection(open())
    const live = createLiveQueryCollection((q) => q.from({ todo: todos }).where(({ todo }) => gt(todo.id, 0)))
    await expect(live.preload()).rejects.toThrow('offline')
  })

  test('appends nothing when the source answers the same again', async () => {
    const file = newFile()
    const server = new Server()
    server.rows.set(1, { id: 1, title: 'one' })
    const daybook = open(file)
    const todos = server.collection(daybook)
    const ask = async () => {
      const live = createLiveQueryCollection((q) =>
        q.from({ todo: todos }).where(({ todo }) => gt(todo.id, 0)),
      )
      await live.preload()
      const rows = live.toArray.map(plain)
      await live.cleanup()
      return rows
    }
    await ask()
    const before = (await transactionsIn(daybook)).length
    await ask()
    expect(await ask()).toEqual([{ id: 1, title: 'one' }])
    expect((await transactionsIn(daybook)).length).toBe(before)
  })
})
