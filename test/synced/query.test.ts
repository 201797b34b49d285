/** Query collections, with the real TanStack Query and a real server: what is fetched is kept, and shown without it. */

import { createLiveQueryCollection } from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import {
  complete,
  eventually,
  newFile,
  open,
  rowsIn,
  rowsOnDisk,
  transactionsIn,
} from '../runtime/fixture.js'
import { copyAsKilled } from '../support/files.js'
import { openFile } from '../support/open.js'
import { RestServer, type ServerTodo } from '../support/rest-server.js'
import { queryTodos, synced } from './query.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }
const tea = { id: 3, title: 'Drink tea' }

test('the first fetch is one entry, and the collection is ready with its rows', async () => {
  const server = await RestServer.start([milk, book])
  const file = newFile()
  const daybook = open(file)
  const todos = queryTodos(daybook, server)
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk, book])
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, book])
  const entries = await transactionsIn(open(file))
  const puts = entries.map(({ ops }) => ops.filter(({ op }) => op === 'put').length)
  expect(puts.filter((count) => count > 0)).toEqual([2])
})

describe('without the server', () => {
  test('the rows are there at once, in live queries too, ordered and limited ones included', async () => {
    const server = await RestServer.start([milk, book, tea])
    const file = await synced(server)
    await server.stop()
    const todos = queryTodos(open(file), server)
    await todos.preload()
    expect(todos.status).toBe('ready')
    expect(rowsIn(todos)).toEqual([milk, book, tea])
    const latest = createLiveQueryCollection((q) =>
      q
        .from({ todo: todos })
        .orderBy(({ todo }) => todo.id, 'desc')
        .limit(2)
        .select(({ todo }) => ({ id: todo.id })),
    )
    await latest.preload()
    expect(latest.toArray.map(({ id }) => id)).toEqual([3, 2])
  })

  test('they are there while Query still tries', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    await server.stop()
    const todos = queryTodos(open(file), server, { retry: true })
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk])
    await eventually(() => todos.utils.isFetching)
  })

  test('they stay while fetches fail, and the daybook tells that the source failed and that it is back', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    server.status = 500
    const daybook = open(file)
    const told: unknown[] = []
    daybook.on('source', (event) => told.push(event))
    const todos = queryTodos(daybook, server)
    await todos.preload()
    await eventually(() => told.length > 0, 'the event')
    expect(told).toEqual([
      {
        collection: 'todos',
        status: 'failing',
        error: expect.objectContaining({
          code: 'DAYBOOK_SOURCE',
          cause: expect.objectContaining({ message: 'the server answered 500' }),
        }),
      },
    ])
    expect(todos.status).toBe('ready')
    expect(rowsIn(todos)).toEqual([milk])
    expect(todos.utils.isError).toBe(true)

    server.status = undefined
    server.rows.set(2, book)
    await todos.utils.refetch()
    expect(rowsIn(todos)).toEqual([milk, book])
    expect(told.slice(1)).toEqual([{ collection: 'todos', status: 'recovered' }])
    expect(todos.utils.isError).toBe(false)
  })

  test('a collection that was never fetched is not ready and empty', async () => {
    const server = await RestServer.start([milk])
    server.status = 500
    const file = newFile()
    const daybook = open(file)
    const todos = queryTodos(daybook, server)
    await expect(todos.preload()).rejects.toThrow('the server answered 500')
    expect(todos.status).toBe('error')
    await daybook.close()
    // Nothing was kept that would make it ready the next time.
    const again = queryTodos(open(file), server)
    await expect(again.preload()).rejects.toThrow('the server answered 500')
    server.status = undefined
    await again.utils.refetch()
    expect(again.status).toBe('ready')
    expect(rowsIn(again)).toEqual([milk])
  })
})

describe('a fetch after a restart', () => {
  test('adds, changes and removes rows that came from disk', async () => {
    const server = await RestServer.start([milk, book])
    const file = await synced(server)
    server.rows.delete(1)
    server.rows.set(2, { id: 2, title: 'Close the book' })
    server.rows.set(3, tea)
    const daybook = open(file)
    const release = server.hold()
    const todos = queryTodos(daybook, server)
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk, book])
    release()
    const expected = [{ id: 2, title: 'Close the book' }, tea]
    await eventually(() => !todos.has(1), 'the refetch')
    expect(rowsIn(todos)).toEqual(expected)
    await daybook.close()
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
  })

  test('that finds the same rows appends nothing, however often', async () => {
    const server = await RestServer.start([milk, book])
    const file = await synced(server)
    const counts: number[] = []
    for (let start = 0; start < 3; start++) {
      const daybook = open(file)
      counts.push((await transactionsIn(daybook)).length)
      const asked = server.requests.length
      const todos = queryTodos(daybook, server)
      await todos.preload()
      // The rows are there before their source is.
      await eventually(() => server.requests.length > asked)
      for (let n = 0; n < 5; n++) await todos.utils.refetch({ throwOnError: true })
      await todos.cleanup()
      counts.push((await transactionsIn(daybook)).length)
      await daybook.close()
    }
    expect(new Set(counts).size).toBe(1)
    expect(server.requests.length).toBeGreaterThanOrEqual(16)
  })

  test('that finds an empty server empties the collection, for good', async () => {
    const server = await RestServer.start([milk, book])
    const file = await synced(server)
    server.rows.clear()
    const daybook = open(file)
    const todos = queryTodos(daybook, server)
    await todos.preload()
    await eventually(() => todos.size === 0, 'the refetch')
    await daybook.close()
    await server.stop()
    const again = queryTodos(open(file), server)
    await again.preload()
    expect(again.size).toBe(0)
  })
})

test('cleaning the collection up erases nothing, and it can be used again', async () => {
  const server = await RestServer.start([milk, book])
  const file = newFile()
  const daybook = open(file)
  const todos = queryTodos(daybook, server)
  await todos.preload()
  await todos.cleanup()
  expect(
    (await transactionsIn(daybook)).flatMap(({ ops }) => ops.filter(({ op }) => op === 'delete')),
  ).toEqual([])
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, book])
  await server.stop()
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk, book])
})

test('a collection that is dropped while it runs is fetched again', async () => {
  const server = await RestServer.start([milk, book])
  const file = newFile()
  const daybook = open(file)
  const todos = queryTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  await daybook.drop('todos')
  await eventually(() => todos.size === 2, 'the rows')
  server.rows.delete(1)
  await todos.utils.refetch()
  expect(rowsIn(todos)).toEqual([book])
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([book])
})

test('a process that loses the sync to another keeps its rows, though Query deletes them as it ends', async () => {
  const server = await RestServer.start([milk, book])
  const file = newFile()
  const daybook = open(file)
  const roles: boolean[] = []
  daybook.on('sync', ({ owner }) => roles.push(owner))
  const todos = queryTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  const { journal } = await openFile(file)
  await journal.claim('todos')
  await eventually(() => roles.includes(false), 'the loss')
  expect(rowsIn(todos)).toEqual([milk, book])
  expect(todos.status).toBe('ready')
  await eventually(() => roles.at(-1) === true, 'the role again')
  expect(rowsIn(todos)).toEqual([milk, book])
  await daybook.close()
  await journal.close()
  const entries = await transactionsIn(open(file))
  expect(entries.flatMap(({ ops }) => ops.filter(({ op }) => op === 'delete'))).toEqual([])
})

test('a kill at any moment leaves the rows of one fetch, whole', async () => {
  const server = await RestServer.start()
  const versions: string[] = []
  const become = (version: number): void => {
    server.rows.clear()
    // Each version has rows that no other has, and rows that changed.
    for (let id = version; id < version + 40; id++) server.rows.set(id, { id, title: `version ${version}` })
    versions.push(JSON.stringify([...server.rows.values()]))
  }
  become(0)
  const file = newFile()
  const writer = open(file)
  const todos = queryTodos(writer, server)
  await todos.preload()
  await complete(writer)
  const copies: string[] = []
  for (let version = 1; version <= 12; version++) {
    become(version)
    let done = false
    const refetched = todos.utils.refetch().finally(() => {
      done = true
    })
    while (!done) {
      copies.push(copyAsKilled(file))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await refetched
    copies.push(copyAsKilled(file))
  }
  await server.stop()
  const found = new Set<string>()
  for (const copy of copies) {
    const daybook = open(copy)
    const rows = rowsIn(await loaded(queryTodos(daybook, server))) as ServerTodo[]
    found.add(JSON.stringify(rows.sort((a, b) => a.id - b.id)))
    expect((await daybook.verify()).clean).toBe(true)
    await daybook.close()
  }
  expect(versions).toEqual(expect.arrayContaining([...found]))
  expect(found.size).toBeGreaterThan(5)
})

async function loaded<T extends { preload(): Promise<void> }>(collection: T): Promise<T> {
  await collection.preload()
  return collection
}
