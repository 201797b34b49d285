/** Electric collections, with Electric's real client: the rows and the place in the stream are kept together. */

import { describe, expect, test } from 'vitest'
import { eventually, newFile, open, rowsIn, rowsOnDisk, transactionsIn } from '../runtime/fixture.js'
import { electricTodos, serverWith, synced, tokenOf } from './electric.js'

const milk = { id: 'a', title: 'Buy milk' }
const book = { id: 'b', title: 'Keep the book' }
const tea = { id: 'c', title: 'Drink tea' }

test('the snapshot is kept with its place in the stream, and changes after it', async () => {
  const server = await serverWith(milk, book)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  await todos.preload()
  expect(rowsIn(todos)).toEqual([milk, book])
  server.change('update', { id: 'a', title: 'Buy oat milk' })
  server.change('insert', tea)
  server.change('delete', { id: 'b', title: null })
  const expected = [{ id: 'a', title: 'Buy oat milk' }, tea]
  await eventually(() => !todos.has('b') && todos.has('c'), 'the changes')
  expect(rowsIn(todos)).toEqual(expected)
  await todos.cleanup()
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
  expect(await tokenOf(open(file))).toMatchObject({
    kind: 'resume',
    offset: server.state().offset,
    handle: 'handle-1',
  })
})

describe('after a restart', () => {
  test('it goes on from where it was: no second snapshot, and nothing is written', async () => {
    const server = await serverWith(milk, book)
    const file = await synced(server)
    server.requests.length = 0
    const daybook = open(file)
    const before = await transactionsIn(daybook)
    const todos = electricTodos(daybook, server)
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk, book])
    await eventually(() => server.requests.length >= 2, 'the long poll')
    const [first, second] = server.requests
    expect(first).toMatchObject({ offset: '2_inf', handle: 'handle-1' })
    expect(second).toMatchObject({ offset: '2_inf', handle: 'handle-1', live: true })
    expect(await transactionsIn(daybook)).toEqual(before)
  })

  test('it gets what changed while it was away, and only that', async () => {
    const server = await serverWith(milk, book)
    const file = await synced(server)
    server.change('update', { id: 'a', title: 'Buy oat milk' })
    server.change('delete', { id: 'b', title: null })
    server.change('insert', tea)
    const daybook = open(file)
    const known = (await transactionsIn(daybook)).length
    const todos = electricTodos(daybook, server)
    await todos.preload()
    const expected = [{ id: 'a', title: 'Buy oat milk' }, tea]
    await eventually(() => todos.has('c'), 'the changes')
    expect(rowsIn(todos)).toEqual(expected)
    await todos.cleanup()
    const entries = (await transactionsIn(daybook)).slice(known)
    expect(entries.map(({ ops }) => ops.map(({ op }) => op).filter((op) => op !== 'meta'))).toEqual([
      ['patch', 'delete', 'put', 'state'],
    ])
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
    expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(1)
  })

  test('the rows are there without the server, and follow it when it is back', async () => {
    const server = await serverWith(milk, book)
    const file = await synced(server)
    await server.stop()
    const todos = electricTodos(open(file), server)
    await todos.preload()
    expect(todos.status).toBe('ready')
    expect(rowsIn(todos)).toEqual([milk, book])
    server.change('insert', tea)
    await server.start()
    await eventually(() => todos.has('c'), 'the change')
    expect(rowsIn(todos)).toEqual([milk, book, tea])
    expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(1)
  })

  test('a handle that is gone means a snapshot, and rows that are gone go', async () => {
    const server = await serverWith(milk, book)
    const file = await synced(server)
    server.change('delete', { id: 'a', title: null })
    server.change('insert', tea)
    server.rotate()
    const daybook = open(file)
    const todos = electricTodos(daybook, server)
    await todos.preload()
    await eventually(() => todos.has('c'), 'the snapshot')
    expect(rowsIn(todos)).toEqual([book, tea])
    await todos.cleanup()
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([book, tea])
    expect(await tokenOf(daybook)).toMatchObject({
      kind: 'resume',
      handle: 'handle-2',
      offset: server.state().offset,
    })
  })

  test('fields of a row that nobody has make no row: it fetches everything again, and the app is told', async () => {
    const server = await serverWith(milk)
    const file = await synced(server)
    server.inject({
      key: '"public"."todos"/"ghost"',
      value: { id: 'ghost', title: 'Boo' },
      headers: { operation: 'update', relation: ['public', 'todos'] },
    })
    const daybook = open(file)
    const told: string[] = []
    daybook.on('warning', (warning) => told.push(warning))
    const todos = electricTodos(daybook, server)
    await todos.preload()
    await eventually(() => told.length > 0, 'the warning')
    expect(told).toEqual([expect.stringContaining('unseen row')])
    expect(rowsIn(todos)).toEqual([milk])
    await eventually(async () => (await tokenOf(daybook))?.kind === 'resume', 'the snapshot')
    server.change('insert', tea)
    await eventually(() => todos.has('c'), 'the change')
    expect(rowsIn(todos)).toEqual([milk, tea])
    expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(2)
  })
})

test('cleaning it up erases nothing; used again, it goes on from where it was', async () => {
  const server = await serverWith(milk, book)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server)
  for (let round = 0; round < 3; round++) {
    await todos.preload()
    expect(rowsIn(todos).slice(0, 2)).toEqual([milk, book])
    await todos.cleanup()
    expect([...(await rowsOnDisk(file, 'todos')).values()].slice(0, 2)).toEqual([milk, book])
    server.change('insert', { id: `round ${round}`, title: '' })
  }
  await todos.preload()
  await eventually(() => todos.size === 5, 'the changes')
  expect(server.requests.filter(({ offset }) => offset === '-1').length).toBe(1)
})

test('two collections have a place in the stream each', async () => {
  const server = await serverWith(milk)
  server.change('insert', book, 'notes')
  const file = newFile()
  const daybook = open(file)
  const both = (persistence: typeof daybook) =>
    [
      electricTodos(persistence, server),
      electricTodos(persistence, server, { id: 'notes', table: 'notes' }),
    ] as const
  const [todos, notes] = both(daybook)
  await Promise.all([todos.preload(), notes.preload()])
  server.change('insert', tea)
  await eventually(() => todos.has('c'), 'the change')
  await Promise.all([todos.cleanup(), notes.cleanup()])
  expect(await tokenOf(daybook, 'todos')).toMatchObject({ handle: 'handle-1', offset: '2_inf' })
  expect(await tokenOf(daybook, 'notes')).toMatchObject({ handle: 'handle-2', offset: '1_inf' })
  await daybook.close()
  await server.stop()
  const [todosAgain, notesAgain] = both(open(file))
  await Promise.all([todosAgain.preload(), notesAgain.preload()])
  expect(rowsIn(todosAgain)).toEqual([milk, tea])
  expect(rowsIn(notesAgain)).toEqual([book])
})
