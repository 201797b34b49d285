import { createTransaction } from '@tanstack/db'
import { beforeEach, describe, expect, it } from 'vitest'
import { CannotOpenError, ClosedError, KeyTakenError } from '../../src/node.js'
import { internalsOf } from '../../src/runtime/daybook/internals.js'
import { asynchronous, connect } from '../support/connections.js'
import { daybookOn } from '../support/daybook.js'
import { failureOf, newFile, open, pause, rowsIn, rowsOnDisk, todosOf, transactionsIn } from './fixture.js'

describe('while a collection is loading', () => {
  let file: string
  const kept = new Map([[1, { id: 1, title: 'kept' }]])

  beforeEach(async () => {
    file = newFile()
    const before = open(file)
    await todosOf(before).insert({ id: 1, title: 'kept' }).isPersisted.promise
    await before.close()
  })

  it('an insert of a key that is on disk is refused, and the row unchanged', async () => {
    const daybook = open(file)
    const todos = todosOf(daybook)
    const failure = await failureOf(todos.insert({ id: 1, title: 'new' }).isPersisted.promise)
    expect(failure).toBeInstanceOf(KeyTakenError)
    expect(failure).toMatchObject({ code: 'DAYBOOK_KEY_TAKEN', collection: 'todos', key: 1 })
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
    expect(await transactionsIn(daybook)).toHaveLength(1)
  })

  it('one taken key refuses the whole insert', async () => {
    const todos = todosOf(open(file))
    const inserted = todos.insert([
      { id: 2, title: 'new' },
      { id: 1, title: 'new' },
    ])
    expect(await failureOf(inserted.isPersisted.promise)).toBeInstanceOf(KeyTakenError)
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
  })

  it('daybook.commit refuses a taken key as well', async () => {
    const daybook = open(file)
    const todos = todosOf(daybook)
    const transaction = createTransaction({
      mutationFn: (params) => daybook.commit(params.transaction),
    })
    transaction.mutate(() => todos.insert({ id: 1, title: 'new' }))
    expect(await failureOf(transaction.isPersisted.promise)).toBeInstanceOf(KeyTakenError)
    await todos.preload()
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
  })

  it('acceptMutations refuses a taken key as well', async () => {
    const todos = todosOf(open(file))
    const transaction = createTransaction({
      mutationFn: (params) => todos.utils.acceptMutations(params.transaction),
    })
    transaction.mutate(() => todos.insert({ id: 1, title: 'new' }))
    expect(await failureOf(transaction.isPersisted.promise)).toBeInstanceOf(KeyTakenError)
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
  })

  it('what is written meanwhile is shown as it is in the end, never as it was in between', async () => {
    const { daybook } = daybookOn(asynchronous(connect(file), 'turn'))
    const todos = todosOf(daybook)
    const seen: unknown[] = []
    todos.subscribeChanges((changes) => {
      for (const { value } of changes) seen.push((value as { title?: unknown }).title)
    })
    // Each is committed while the rows are asked for, and told of before they are there.
    const write = (title: string) =>
      daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1, title } }])
    const writing = ['first', 'second', 'third'].map(write)
    await todos.preload()
    await Promise.all(writing)
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'third' }])
    // It may begin at any of the rows' positions; from there it never goes back.
    const order = ['kept', 'first', 'second', 'third']
    const places = seen.map((title) => order.indexOf(String(title)))
    expect(places).toEqual([...places].sort((x, y) => x - y))
    expect(seen.at(-1)).toBe('third')
    await daybook.close()
  })

  it('a refused insert takes later changes of its row with it: the row on disk was never seen', async () => {
    const todos = todosOf(open(file))
    const inserted = todos.insert({ id: 1, title: 'new' })
    const updated = todos.update(1, (draft) => {
      draft.title = 'newer'
    })
    const deleted = todos.delete(1)
    await Promise.allSettled([inserted, updated, deleted].map(({ isPersisted }) => isPersisted.promise))
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
  })

  it('a cleanup in the same turn does not let an insert overwrite what is on disk', async () => {
    const todos = todosOf(open(file))
    const inserted = todos.insert({ id: 1, title: 'new' })
    const cleaned = todos.cleanup()
    await Promise.allSettled([inserted.isPersisted.promise, cleaned])
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
  })

  it('a cleanup and a new start in the same turn does not let an insert overwrite what is on disk', async () => {
    const todos = todosOf(open(file))
    const inserted = todos.insert({ id: 1, title: 'new' })
    const cleaned = todos.cleanup()
    todos.startSyncImmediate()
    await Promise.allSettled([inserted.isPersisted.promise, cleaned])
    await todos.preload()
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'kept' }])
  })

  it('an insert in a second collection object of one options object is checked as well', async () => {
    const { createCollection } = await import('@tanstack/db')
    const { persistedCollectionOptions } = await import('../../src/node.js')
    const options = persistedCollectionOptions({
      id: 'todos',
      persistence: open(file),
      getKey: (todo: { id: number; title: string }) => todo.id,
    })
    const [first, second] = [createCollection(options), createCollection(options)]
    const inserted = first.insert({ id: 1, title: 'new' })
    second.startSyncImmediate()
    const cleaned = second.cleanup()
    await Promise.allSettled([inserted.isPersisted.promise, cleaned])
    expect(await rowsOnDisk(file, 'todos')).toEqual(kept)
  })

  it('a row that daybook.commit has kept never disappears, not even for a moment', async () => {
    const daybook = open(file)
    const todos = todosOf(daybook)
    const missing: string[] = []
    const transaction = createTransaction({
      mutationFn: (params) => daybook.commit(params.transaction),
    })
    todos.subscribeChanges((changes) => {
      for (const { type, key } of changes) if (type === 'delete') missing.push(`deleted ${key}`)
    })
    transaction.mutate(() => todos.insert({ id: 2, title: 'new' }))
    await transaction.isPersisted.promise
    if (!todos.has(2)) missing.push('gone when it was kept')
    await todos.preload()
    expect(rowsIn(todos)).toEqual([
      { id: 1, title: 'kept' },
      { id: 2, title: 'new' },
    ])
    expect(missing).toEqual([])
  })

  it('entries of another daybook that arrive meanwhile are neither lost nor applied twice', async () => {
    const other = open(file)
    await other.ready
    for (let round = 0; round < 20; round++) {
      const daybook = open(file)
      const todos = todosOf(daybook)
      const loaded = todos.preload()
      const written = [1, 2, 3].map(async (part) => {
        for (let turn = 0; turn < round % 5; turn++) await undefined
        const key = round * 10 + part
        await other.write([{ op: 'put', collection: 'todos', key, value: { id: key, title: 'x' } }])
        await other.write([
          { op: 'patch', collection: 'todos', key: 1, fields: { title: `${round}/${part}` } },
        ])
      })
      await Promise.all([loaded, ...written])
      await expect.poll(() => todos.size).toBe(1 + (round + 1) * 3 - (round === 0 ? 1 : 1))
      const disk = await rowsOnDisk(file, 'todos')
      await expect.poll(() => rowsIn(todos)).toEqual(rowsIn(disk as never))
      await daybook.close()
    }
  })
})

describe('a daybook that cannot be opened', () => {
  const missing = '/nowhere/at/all/daybook.db'

  it('puts its collections in error: never ready and empty', async () => {
    const daybook = open(missing)
    const todos = todosOf(daybook)
    const statuses: string[] = []
    todos.on('status:change', ({ status }) => statuses.push(status))
    expect(await failureOf(todos.preload())).toBeInstanceOf(CannotOpenError)
    expect(todos.status).toBe('error')
    expect(statuses).toEqual(['loading', 'error'])
    expect(await failureOf(todos.preload())).toBeInstanceOf(CannotOpenError)
  })

  it('rejects ready, and every call, with the reason', async () => {
    const daybook = open(missing)
    const calls = [
      daybook.ready,
      daybook.head(),
      daybook.stats(),
      daybook.verify(),
      daybook.collections(),
      daybook.rebuild(),
      daybook.drop('todos'),
      daybook.write([{ op: 'delete', collection: 'todos', key: 1 }]),
      daybook.entries().next(),
      daybook.entries({ follow: true }).next(),
      daybook.journal.append({ origin: 'x', originSeq: 1, parts: ['[]'] }),
      daybook.journal.query('todos'),
    ]
    for (const call of calls) expect(await failureOf(call)).toBeInstanceOf(CannotOpenError)
    await daybook.close()
  })

  it('rolls back an insert that was made before the failure was known', async () => {
    const todos = todosOf(open(missing))
    const inserted = todos.insert({ id: 1, title: 'x' })
    expect(await failureOf(inserted.isPersisted.promise)).toBeInstanceOf(CannotOpenError)
    expect(todos.size).toBe(0)
    expect(todos.status).toBe('error')
  })

  it('is no unhandled rejection when nobody waits for anything', async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', listener)
    try {
      const todos = todosOf(open(missing))
      todos.startSyncImmediate()
      await pause(50)
      expect(todos.status).toBe('error')
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', listener)
    }
  })

  it('a collection whose daybook was closed ends in error as well', async () => {
    const daybook = open()
    await daybook.ready
    await daybook.close()
    const todos = todosOf(daybook)
    expect(await failureOf(todos.preload())).toBeInstanceOf(ClosedError)
    expect(todos.status).toBe('error')
  })
})

it('an insert whose handler takes its time does not overwrite the row that somebody has written meanwhile', async () => {
  const file = newFile()
  const [here, there] = [open(file), open(file)]
  const todos = todosOf(here)
  await todos.preload()
  const transaction = createTransaction({
    mutationFn: async (params) => {
      const position = await there.write([
        { op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'theirs' } },
      ])
      // Another connection's entries arrive by a timer.
      await internalsOf(here).tail.until(position.seq, ['todos'])
      await here.commit(params.transaction)
    },
  })
  transaction.mutate(() => todos.insert({ id: 1, title: 'ours' }))
  expect(await failureOf(transaction.isPersisted.promise)).toBeInstanceOf(KeyTakenError)
  expect(rowsIn(todos)).toEqual([{ id: 1, title: 'theirs' }])
  expect(await rowsOnDisk(file, 'todos')).toEqual(new Map([[1, { id: 1, title: 'theirs' }]]))
})
