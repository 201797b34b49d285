import { createCollection, createTransaction } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { ClosedError, InvalidOptionError, persistedCollectionOptions } from '../../src/node.js'
import { failureOf, newFile, open, rowsIn, rowsOnDisk, todosOf } from './fixture.js'

describe('close', () => {
  it('keeps an insert that was made in the same turn', async () => {
    const file = newFile()
    const daybook = open(file)
    const todos = todosOf(daybook)
    await todos.preload()
    const inserted = todos.insert({ id: 1, title: 'x' })
    await daybook.close()
    await inserted.isPersisted.promise
    expect(await rowsOnDisk(file, 'todos')).toEqual(new Map([[1, { id: 1, title: 'x' }]]))
  })

  it('keeps an insert that was made before anything was loaded', async () => {
    const file = newFile()
    const daybook = open(file)
    const inserted = todosOf(daybook).insert({ id: 1, title: 'x' })
    await daybook.close()
    await inserted.isPersisted.promise
    expect(await rowsOnDisk(file, 'todos')).toEqual(new Map([[1, { id: 1, title: 'x' }]]))
  })

  it('keeps a transaction that was committed in the same turn', async () => {
    const file = newFile()
    const daybook = open(file)
    const todos = todosOf(daybook)
    await todos.preload()
    const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
    transaction.mutate(() => todos.insert({ id: 1, title: 'x' }))
    await daybook.close()
    await transaction.isPersisted.promise
    expect(await rowsOnDisk(file, 'todos')).toEqual(new Map([[1, { id: 1, title: 'x' }]]))
  })

  it('keeps writes and raw appends under way', async () => {
    const file = newFile()
    const daybook = open(file)
    const written = [1, 2, 3].map((key) =>
      daybook.write([{ op: 'put', collection: 'todos', key, value: { id: key } }]),
    )
    const appended = daybook.journal.append({
      origin: 'raw',
      originSeq: 1,
      parts: ['[["put","todos",4,{"id":4}]]'],
    })
    await daybook.close()
    await Promise.all([...written, appended])
    expect([...(await rowsOnDisk(file, 'todos')).keys()]).toEqual([1, 2, 3, 4])
  })

  it('is idempotent', async () => {
    const daybook = open()
    const closing = daybook.close()
    expect(daybook.close()).toBe(closing)
    await closing
    await daybook.close()
  })

  it('works before the opening has ended, and after it has failed', async () => {
    await open().close()
    await open('/nowhere/at/all/daybook.db').close()
  })

  it('refuses every later call with ClosedError', async () => {
    const daybook = open()
    await daybook.ready
    await daybook.close()
    const calls = [
      daybook.head(),
      daybook.stats(),
      daybook.verify(),
      daybook.collections(),
      daybook.rebuild(),
      daybook.drop('todos'),
      daybook.write([{ op: 'delete', collection: 'todos', key: 1 }]),
      daybook.commit({ mutations: [] }),
      daybook.entries().next(),
      daybook.entries({ follow: true }).next(),
      daybook.journal.append({ origin: 'x', originSeq: 1, parts: ['[]'] }),
      daybook.journal.head(),
      daybook.journal.read({ term: 0, seq: 0 }),
      daybook.journal.query('todos'),
    ]
    for (const [index, call] of calls.entries()) {
      expect(await failureOf(call), `call ${index}`).toBeInstanceOf(ClosedError)
    }
  })

  it('waits for a handler that never ends as long as it may, says which, and keeps nothing of it', async () => {
    const file = newFile()
    const daybook = open(file)
    const warnings: string[] = []
    daybook.on('warning', (warning) => warnings.push(warning))
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: ({ id }: { id: number }) => id,
        onInsert: () => new Promise(() => undefined),
      }),
    )
    await todos.preload()
    const inserted = failureOf(todos.insert({ id: 1 }).isPersisted.promise)
    await daybook.close({ timeout: 5 })
    expect(await inserted).toBeInstanceOf(ClosedError)
    expect(warnings).toEqual([expect.stringMatching(/waited 5 ms .*an insert in "todos"/)])
    expect((await rowsOnDisk(file, 'todos')).size).toBe(0)
  })

  it('waits for a handler that ends within the time, however long that is', async () => {
    const file = newFile()
    const daybook = open(file)
    const warnings: string[] = []
    daybook.on('warning', (warning) => warnings.push(warning))
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: ({ id }: { id: number }) => id,
        onInsert: () => new Promise((resolve) => setTimeout(resolve, 20)),
      }),
    )
    await todos.preload()
    const inserted = todos.insert({ id: 1 })
    await daybook.close({ timeout: Number.POSITIVE_INFINITY })
    await inserted.isPersisted.promise
    expect(warnings).toEqual([])
    expect((await rowsOnDisk(file, 'todos')).size).toBe(1)
    expect(() => daybook.close({ timeout: -1 })).toThrow(InvalidOptionError)
  })

  it('leaves open collections readable, and rolls back what they are asked to write', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert({ id: 1, title: 'kept' }).isPersisted.promise
    await daybook.close()
    expect(await failureOf(todos.insert({ id: 2, title: 'x' }).isPersisted.promise)).toBeInstanceOf(
      ClosedError,
    )
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
    await todos.cleanup()
  })

  it('happens at the end of an `await using`', async () => {
    const file = newFile()
    let escaped: ReturnType<typeof open>
    {
      await using daybook = open(file)
      await todosOf(daybook).insert({ id: 1, title: 'x' }).isPersisted.promise
      escaped = daybook
    }
    expect(await failureOf(escaped.head())).toBeInstanceOf(ClosedError)
    expect((await rowsOnDisk(file, 'todos')).size).toBe(1)
  })

  it('leaves a handle of the app open', async () => {
    const { default: Database } = await import('better-sqlite3')
    const database = new Database(newFile())
    const daybook = open({ database })
    await todosOf(daybook).insert({ id: 1, title: 'x' }).isPersisted.promise
    await daybook.close()
    expect(database.open).toBe(true)
    expect(database.prepare("SELECT value ->> '$.title' AS title FROM rows_todos").all()).toEqual([
      { title: 'x' },
    ])
    database.close()
  })
})
