/** What an app does with a Query collection: changes, direct writes, and the options of Query. */

import { describe, expect, test } from 'vitest'
import {
  eventually,
  failureOf,
  newFile,
  open,
  rowsIn,
  rowsOnDisk,
  transactionsIn,
} from '../runtime/fixture.js'
import { RestServer, type ServerTodo } from '../support/rest-server.js'
import { newClient, queryTodos, synced } from './query.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }
const tea = { id: 3, title: 'Drink tea' }

describe('changes', () => {
  test('that utils write are kept, without a fetch', async () => {
    const server = await RestServer.start([milk, book])
    const file = newFile()
    const daybook = open(file)
    const todos = queryTodos(daybook, server)
    await todos.preload()
    const asked = server.requests.length
    await todos.utils.writeInsert(tea)
    await todos.utils.writeUpdate({ id: 1, title: 'Buy oat milk' })
    await todos.utils.writeDelete(2)
    const expected = [{ id: 1, title: 'Buy oat milk' }, tea]
    expect(rowsIn(todos)).toEqual(expected)
    await todos.utils.writeBatch(() => {
      void todos.utils.writeUpsert([{ id: 4, title: 'Four' }])
      void todos.utils.writeDelete(3)
    })
    expect(server.requests.length).toBe(asked)
    await daybook.close()
    await server.stop()
    const again = queryTodos(open(file), server)
    await again.preload()
    expect(rowsIn(again)).toEqual([
      { id: 1, title: 'Buy oat milk' },
      { id: 4, title: 'Four' },
    ])
    const entries = await transactionsIn(open(file))
    const rowOps = new Set<string>(['put', 'patch', 'delete'])
    const kept = entries.map(({ ops }) => ops.filter(({ op }) => rowOps.has(op)).map(({ op }) => op))
    expect(kept.filter(({ length }) => length > 0)).toEqual([
      ['put', 'put'],
      ['put'],
      ['patch'],
      ['delete'],
      ['put', 'delete'],
    ])
  })

  test('go to the server, and what it made of them comes back and is kept', async () => {
    const server = await RestServer.start([milk, book])
    const file = newFile()
    const daybook = open(file)
    const todos = queryTodos(daybook, server)
    await todos.preload()
    await todos.insert(tea).isPersisted.promise
    await todos.update(1, (todo) => {
      todo.done = true
    }).isPersisted.promise
    await todos.delete(2).isPersisted.promise
    const expected: ServerTodo[] = [
      { id: 1, title: 'Buy milk', done: true, version: 1 },
      { ...tea, version: 1 },
    ]
    expect(rowsIn(todos)).toEqual(expected)
    await daybook.close()
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
  })

  test('that the server refuses roll back, and were never on disk', async () => {
    const server = await RestServer.start([milk])
    const file = newFile()
    const daybook = open(file)
    const todos = queryTodos(daybook, server)
    await todos.preload()
    server.status = 503
    const failed = todos.insert(tea)
    expect(todos.has(3)).toBe(true)
    expect(await failureOf(failed.isPersisted.promise)).toMatchObject({ message: 'the server answered 503' })
    expect(rowsIn(todos)).toEqual([milk])
    await daybook.close()
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk])
  })

  test('of rows that came from disk, while the server is away, roll back to them', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    await server.stop()
    const todos = queryTodos(open(file), server)
    await todos.preload()
    const failed = todos.update(1, (todo) => {
      todo.done = true
    })
    expect(todos.get(1)).toMatchObject({ done: true })
    await failureOf(failed.isPersisted.promise)
    expect(rowsIn(todos)).toEqual([milk])
  })
})

describe('options of Query', () => {
  test('enabled: false never fetches by itself; what is on disk is shown all the same', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    server.rows.set(2, book)
    const asked = server.requests.length
    const queryClient = newClient()
    const todos = queryTodos(open(file), server, { queryClient, enabled: false })
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk])
    await eventually(() => queryClient.getQueryCache().getAll().length > 0, 'the source')
    expect(server.requests.length).toBe(asked)
    await todos.utils.refetch()
    expect(rowsIn(todos)).toEqual([milk, book])
  })

  test('enabled: false is not ready and empty where nothing is on disk', async () => {
    const server = await RestServer.start([milk])
    const queryClient = newClient()
    const todos = queryTodos(open(), server, { queryClient, enabled: false })
    const preloaded = todos.preload()
    await eventually(() => queryClient.getQueryCache().getAll().length > 0, 'the source')
    expect(todos.status).toBe('loading')
    await todos.utils.refetch()
    await preloaded
    expect(rowsIn(todos)).toEqual([milk])
  })

  test('staleTime: rows that the client has replace those on disk', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    const queryClient = newClient()
    await queryClient.prefetchQuery({ queryKey: ['todos'], queryFn: async () => [milk, book] })
    // With rows on disk Query asks again, whatever staleTime says.
    server.rows.set(book.id, book)
    const todos = queryTodos(open(file), server, { queryClient, staleTime: Number.POSITIVE_INFINITY })
    await todos.preload()
    await eventually(() => todos.size === 2, 'the cached rows')
    expect(rowsIn(todos)).toEqual([milk, book])
  })

  test('gcTime: a cache that forgot its rows takes none from the collection', async () => {
    const server = await RestServer.start([milk])
    const daybook = open()
    const queryClient = newClient()
    const todos = queryTodos(daybook, server, { queryClient, gcTime: 0 })
    await todos.preload()
    const subscription = todos.subscribeChanges(() => undefined)
    subscription.unsubscribe()
    await todos.cleanup()
    queryClient.clear()
    await server.stop()
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk])
  })
})

test('two collections on one client keep their rows apart', async () => {
  const server = await RestServer.start([milk])
  const other = await RestServer.start([book, tea])
  const file = newFile()
  const daybook = open(file)
  const queryClient = newClient()
  const todos = queryTodos(daybook, server, { queryClient })
  const notes = queryTodos(daybook, other, { queryClient, id: 'notes' })
  await Promise.all([todos.preload(), notes.preload()])
  other.rows.delete(2)
  await queryClient.refetchQueries()
  await eventually(() => notes.size === 1, 'the refetch')
  await daybook.close()
  await Promise.all([server.stop(), other.stop()])
  const again = open(file)
  const after = newClient()
  const todosAgain = queryTodos(again, server, { queryClient: after })
  const notesAgain = queryTodos(again, other, { queryClient: after, id: 'notes' })
  await Promise.all([todosAgain.preload(), notesAgain.preload()])
  expect(rowsIn(todosAgain)).toEqual([milk])
  expect(rowsIn(notesAgain)).toEqual([tea])
})
