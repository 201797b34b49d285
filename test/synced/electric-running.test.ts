/** Electric's real client while it runs: errors, broken connections, must-refetch, idle polling, and writes of the app. */

import { createCollection } from '@tanstack/db'
import { electricCollectionOptions } from '@tanstack/electric-db-collection'
import { expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import {
  complete,
  eventually,
  newFile,
  open,
  rowsIn,
  rowsOnDisk,
  transactionsIn,
} from '../runtime/fixture.js'
import { ElectricServer } from '../support/electric-server.js'
import { electricTodos, serverWith, synced, type Todo } from './electric.js'

const milk = { id: 'a', title: 'Buy milk' }
const book = { id: 'b', title: 'Keep the book' }
const tea = { id: 'c', title: 'Drink tea' }

test('must-refetch replaces the rows; those that stay are not written again', async () => {
  const server = await serverWith(milk, book)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  await todos.preload()
  await eventually(() => server.requests.some(({ live }) => live), 'the long poll')
  await complete(daybook)
  const known = (await transactionsIn(daybook)).length
  const release = server.hold()
  server.change('delete', { id: 'a', title: null })
  server.change('insert', tea)
  server.rotate()
  release()
  await eventually(() => todos.has('c') && !todos.has('a'), 'the snapshot')
  expect(rowsIn(todos)).toEqual([book, tea])
  await todos.cleanup()
  const ops = (await transactionsIn(daybook)).slice(known).flatMap((entry) => entry.ops)
  const rowOps = ops.filter(({ op }) => op === 'put' || op === 'patch' || op === 'delete')
  expect(rowOps).toMatchObject([
    { op: 'delete', key: 'a' },
    { op: 'put', key: 'c', value: tea },
  ])
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([book, tea])
})

test('a connection that is cut in the middle of an answer loses and doubles nothing', async () => {
  const server = await serverWith(milk, book)
  const file = await synced(server)
  const daybook = open(file)
  const told: string[] = []
  daybook.on('source', ({ status }) => told.push(status))
  server.faults.push('cut')
  const todos = electricTodos(daybook, server, { onError: () => ({}) })
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk, book])
  await eventually(() => told.length === 2, 'the events')
  expect(told).toEqual(['failing', 'recovered'])
  await eventually(() => server.requests.at(-1)?.live === true, 'the long poll')
  server.faults.push('cut', { status: 500 }, 'cut')
  server.change('insert', tea)
  server.change('update', { id: 'a', title: 'Buy oat milk' })
  const expected = [{ id: 'a', title: 'Buy oat milk' }, book, tea]
  await eventually(() => todos.get('a')?.title === 'Buy oat milk', 'the changes')
  await eventually(() => server.faults.length === 0, 'the faults')
  expect(rowsIn(todos)).toEqual(expected)
  server.change('delete', { id: 'b', title: null })
  await eventually(() => !todos.has('b'), 'the delete')
  await todos.cleanup()
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([{ id: 'a', title: 'Buy oat milk' }, tea])
  expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(1)
})

test('errors of the server keep what is there, and it goes on afterwards', async () => {
  const server = await serverWith(milk)
  const file = await synced(server)
  for (let n = 0; n < 10; n++) server.faults.push({ status: n % 2 === 0 ? 500 : 503 })
  const todos = electricTodos(open(file), server)
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk])
  server.change('insert', tea)
  await eventually(() => todos.has('c'), 'the change')
  expect(server.faults).toEqual([])
})

test('an answer that will never come right reaches onError and the daybook; the rows stay', async () => {
  const server = await serverWith(milk)
  const file = await synced(server)
  server.faults.push({ status: 403 })
  const daybook = open(file)
  const told: unknown[] = []
  const errors: Error[] = []
  daybook.on('source', (event) => told.push(event))
  const todos = electricTodos(daybook, server, { onError: (error) => void errors.push(error) })
  await todos.preload()
  await eventually(() => told.length > 0, 'the event')
  expect(told).toMatchObject([{ collection: 'todos', status: 'failing', error: { cause: { status: 403 } } }])
  expect(errors).toMatchObject([{ status: 403 }])
  expect(todos.status).toBe('ready')
  expect(rowsIn(todos)).toEqual([milk])
})

test('a collection that has nothing yet is in error, not ready and empty', async () => {
  const server = await serverWith(milk)
  server.faults.push({ status: 403 })
  const daybook = open()
  const todos = electricTodos(daybook, server, { onError: () => undefined })
  await expect(todos.preload()).rejects.toMatchObject({ status: 403 })
  expect(todos.status).toBe('error')
  await todos.cleanup()
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk])
})

test('polling that finds nothing, however often, appends nothing', async () => {
  const server = await ElectricServer.start({ liveTimeout: 1 })
  server.change('insert', milk)
  const daybook = open()
  const todos = electricTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  const before = await daybook.head()
  const asked = server.requests.length
  await eventually(() => server.requests.length > asked + 100, '100 polls')
  expect(await daybook.head()).toEqual(before)
  expect(todos.size).toBe(1)
})

test('an insert is over when its transaction has come back, and is kept as the server has it', async () => {
  const server = await serverWith(milk)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  await todos.preload()
  await todos.insert(tea).isPersisted.promise
  expect(server.state().rows).toContainEqual(tea)
  expect(rowsIn(todos)).toEqual([milk, tea])
  const txid = server.change('insert', book)
  expect(await todos.utils.awaitTxId(txid)).toBe(true)
  expect(todos.has('b')).toBe(true)
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, book, tea])
})

test('a collection that is dropped while it runs gets a snapshot again', async () => {
  const server = await serverWith(milk, book)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  await daybook.drop('todos')
  await eventually(() => todos.size === 2, 'the rows')
  server.change('insert', tea)
  await todos.utils.awaitMatch((message) => 'value' in message && message.value.id === 'c')
  expect(rowsIn(todos)).toEqual([milk, book, tea])
  expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(2)
  await todos.cleanup()
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, book, tea])
})

type Described = ReturnType<typeof electricTodos>

test('two collections of one description wait for transactions of their own', async () => {
  const server = await serverWith(milk)
  const description = electricCollectionOptions({
    id: 'todos',
    shapeOptions: { url: server.url, params: { table: 'todos' } },
    getKey: (todo: Todo) => todo.id,
  })
  const [one, two] = [open(), open()].map((persistence) =>
    createCollection(persistedCollectionOptions({ ...description, persistence })),
  ) as [Described, Described]
  await one.preload()
  const seen = one.utils.awaitMatch((message) => 'value' in message && message.value.id === 'c')
  // The other one's start does not end what this one waits for.
  await two.preload()
  server.change('insert', tea)
  expect(await seen).toBe(true)
  await Promise.all([one.cleanup(), two.cleanup()])
})
