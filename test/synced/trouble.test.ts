/** The store fails while a synced collection is live: memory goes on, the disk stays as it was, and catches up later. */

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { Emitter } from '../../src/runtime/daybook/emitter.js'
import { eventually, rowsIn, type Todo } from '../runtime/fixture.js'
import { connect } from '../support/connections.js'
import { breakable, daybookOn } from '../support/daybook.js'
import { copyAsKilled, newFile } from '../support/files.js'
import { sql } from '../support/open.js'
import { insert, type Message, remove, Source, syncedTodos, update } from './source.js'

const milk: Todo = { id: 1, title: 'Buy milk' }
const book: Todo = { id: 2, title: 'Keep the book' }

/** What a kill would leave: titles by id, and the token beside them. */
async function onDisk(file: string): Promise<{ titles: Record<string, string>; token: unknown }> {
  const { daybook } = daybookOn(connect(copyAsKilled(file)))
  const { rows, state } = await daybook.journal.query('todos')
  await daybook.close()
  const token = state.find(({ name }) => name === '"token"')
  return {
    titles: Object.fromEntries(rows.map(({ key, value }) => [key, (JSON.parse(value) as Todo).title])),
    token: token && JSON.parse(token.value),
  }
}

async function live() {
  const file = newFile()
  const store = breakable(connect(file))
  const { daybook, clock, told } = daybookOn(store.connection)
  const source = new Source()
  const todos = syncedTodos(daybook, source)
  todos.startSyncImmediate()
  await eventually(() => source.params !== undefined)
  const send = (token: number, ...messages: Message[]): void => {
    source.transaction(({ write, metadata }) => {
      for (const message of messages) write(message)
      metadata?.collection.set('token', token)
    })
  }
  send(1, insert(milk))
  source.running.markReady()
  await eventually(() => true)
  const storage = () => told.filter(({ event }) => event === 'storage').map(({ value }) => value)
  return { file, store, daybook, clock, told, source, todos, send, storage }
}

const turns = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await new Promise((resolve) => setImmediate(resolve))
}

describe.each(['SQLITE_FULL', 'SQLITE_IOERR_WRITE'])('when every write fails with %s', (code) => {
  test('rows stay live, the disk keeps rows and token of the last good entry, and both meet again', async () => {
    const { file, store, clock, todos, send, storage, daybook } = await live()
    await turns()
    const good = { titles: { 1: 'Buy milk' }, token: 1 }
    expect(await onDisk(file)).toEqual(good)
    store.fail(code)
    send(2, insert(book))
    send(3, update({ id: 1, title: 'Buy oat milk' }))
    await turns()
    send(4, remove(2))
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'Buy oat milk' }])
    expect(todos.status).toBe('ready')
    await clock.advance(60_000)
    expect(await onDisk(file)).toEqual(good)
    expect(storage()).toMatchObject([
      { collection: 'todos', status: 'failing', error: { code: 'DAYBOOK_NOT_PERSISTED' } },
    ])

    store.fail(undefined)
    await clock.advance(31_000)
    expect(storage()).toMatchObject([{ status: 'failing' }, { status: 'recovered' }])
    expect(await onDisk(file)).toEqual({ titles: { 1: 'Buy oat milk' }, token: 4 })
    send(5, insert(book))
    await turns()
    expect(await onDisk(file)).toEqual({ titles: { 1: 'Buy oat milk', 2: 'Keep the book' }, token: 5 })
    await daybook.close()
  })

  test('a later token never passes an earlier row, whatever comes between', async () => {
    const { file, store, send, daybook, clock } = await live()
    await turns()
    for (let token = 2; token <= 20; token++) {
      store.fail(token % 3 === 0 ? code : undefined)
      send(token, insert({ id: token, title: `todo ${token}` }))
      if (token % 4 === 0) await clock.advance(1500)
      await turns()
      const disk = await onDisk(file)
      const ids = Object.keys(disk.titles).map(Number)
      expect(Math.max(...ids)).toBe(disk.token)
      expect(ids.length).toBe(disk.token)
    }
    await daybook.close()
  })
})

test('a value that cannot be kept stops what is kept, says so, and goes on when the source has mended it', async () => {
  const { file, clock, send, storage, daybook, todos } = await live()
  await turns()
  send(2, insert({ id: 2, title: 'odd', note: (() => 1) as never }))
  send(3, insert({ id: 3, title: 'fine' }))
  await turns()
  expect(todos.size).toBe(3)
  expect(await onDisk(file)).toEqual({ titles: { 1: 'Buy milk' }, token: 1 })
  expect(storage()).toMatchObject([
    { status: 'failing', error: { cause: { code: 'DAYBOOK_UNKEEPABLE_VALUE' } } },
  ])
  send(4, remove(2), insert({ id: 2, title: 'mended' }))
  await clock.advance(31_000)
  expect(storage()).toMatchObject([{ status: 'failing' }, { status: 'recovered' }])
  expect(await onDisk(file)).toEqual({ titles: { 1: 'Buy milk', 2: 'mended', 3: 'fine' }, token: 4 })
  await daybook.close()
})

test('where nobody listens to storage it is an error, and not silent', async () => {
  const events = new Emitter({ onUnheardWarning: () => undefined, isClosing: () => false })
  const errors: unknown[] = []
  events.on('error', (error) => errors.push(error))
  const error = new Error('full')
  events.emit('storage', { collection: 'todos', status: 'failing', error })
  events.emit('storage', { collection: 'todos', status: 'recovered' })
  expect(errors).toEqual([error])
})

test('a handle that the app has closed leaves the rows in memory, and says why nothing is kept', async () => {
  const file = newFile()
  const database = new Database(file)
  database.pragma('journal_mode = WAL')
  const daybook = openDaybook({ database })
  const told: unknown[] = []
  daybook.on('storage', (event) => told.push(event))
  daybook.on('error', () => undefined)
  const source = new Source()
  const todos = syncedTodos(daybook, source)
  todos.startSyncImmediate()
  await eventually(() => source.params !== undefined)
  source.send(insert(milk))
  source.running.markReady()
  await turns()
  database.close()
  source.send(insert(book))
  await eventually(() => told.length > 0)
  expect(rowsIn(todos)).toEqual([milk, book])
  expect(told).toMatchObject([{ collection: 'todos', status: 'failing' }])
  await todos.cleanup()
  await daybook.close().catch(() => undefined)
  expect(sql(file, 'SELECT count(*) AS n FROM daybook_log')).toMatchObject([{ n: expect.any(Number) }])
})

test('fields for a row that nobody has make no row, and the app is told once', async () => {
  const { send, told, todos, daybook } = await live()
  send(2, update({ id: 7, title: 'Nobody has it' }))
  send(3, update({ id: 8, title: 'Nor this' }))
  await eventually(() => told.some(({ event }) => event === 'warning'))
  expect(rowsIn(todos)).toEqual([milk])
  expect(told.filter(({ event }) => event === 'warning')).toEqual([
    { event: 'warning', value: expect.stringContaining('row 7, which is not there') },
  ])
  await daybook.close()
})
