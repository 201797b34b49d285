import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createCollection } from '@tanstack/db'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open, pause, rowsIn, type Todo, todosOf } from './fixture.js'

describe('a collection that was cleaned up', () => {
  it('has its rows again when it is used again', async () => {
    const todos = todosOf(open())
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    for (let round = 0; round < 5; round++) {
      await todos.cleanup()
      expect(todos.status).toBe('cleaned-up')
      await todos.preload()
      expect(rowsIn(todos)).toEqual([{ id: 1, title: 'a' }])
    }
  })

  it('takes writes without being loaded first', async () => {
    const todos = todosOf(open())
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.cleanup()
    await todos.insert({ id: 2, title: 'b' }).isPersisted.promise
    expect(rowsIn(todos)).toEqual([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ])
  })

  it('finds what was written while nobody looked', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.cleanup()
    await daybook.write([{ op: 'put', collection: 'todos', key: 2, value: { id: 2, title: 'b' } }])
    await todos.preload()
    expect(rowsIn(todos)).toHaveLength(2)
  })

  it('keeps a mutation that was under way', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.preload()
    const inserted = todos.insert({ id: 1, title: 'a' })
    await todos.cleanup()
    await inserted.isPersisted.promise
    await todos.preload()
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'a' }])
  })

  it('by garbage collection has its rows again for the next subscriber', async () => {
    const daybook = open()
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: (todo: Todo) => todo.id,
        gcTime: 1,
      }),
    )
    const first = todos.subscribeChanges(() => undefined)
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    first.unsubscribe()
    await eventually(() => todos.status === 'cleaned-up', 'garbage collection')
    const seen: unknown[] = []
    const second = todos.subscribeChanges(
      (changes) => {
        // Core also tells of an update when a row is no longer only optimistic.
        for (const { type, key } of changes) if (type !== 'update') seen.push([type, key])
      },
      { includeInitialState: true },
    )
    await todos.preload()
    await todos.insert({ id: 2, title: 'b' }).isPersisted.promise
    expect(rowsIn(todos)).toHaveLength(2)
    expect(seen).toEqual([
      ['insert', 1],
      ['insert', 2],
    ])
    second.unsubscribe()
  })
})

describe('a double mount', () => {
  it('sync, cleanup and sync in one turn: the rows are there once, and changes arrive once', async () => {
    const file = newFile()
    const daybook = open(file)
    await todosOf(daybook).insert({ id: 1, title: 'a' }).isPersisted.promise
    await daybook.close()

    const again = open(file)
    const todos = todosOf(again)
    todos.startSyncImmediate()
    const cleaned = todos.cleanup()
    todos.startSyncImmediate()
    await cleaned
    await todos.preload()
    expect(todos.status).toBe('ready')
    const seen: unknown[] = []
    todos.subscribeChanges((changes) => seen.push(...changes.map(({ type, key }) => [type, key])))
    await again.write([{ op: 'put', collection: 'todos', key: 2, value: { id: 2, title: 'b' } }])
    expect(rowsIn(todos)).toHaveLength(2)
    expect(seen).toEqual([['insert', 2]])
  })

  it('again and again at every point of the loading: the last one has all rows', async () => {
    const daybook = open()
    await todosOf(daybook).insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    const todos = todosOf(daybook)
    for (let turns = 0; turns < 25; turns++) {
      todos.startSyncImmediate()
      for (let turn = 0; turn < turns; turn++) await undefined
      await todos.cleanup()
    }
    await todos.preload()
    expect(rowsIn(todos)).toHaveLength(2)
    await daybook.write([{ op: 'put', collection: 'todos', key: 3, value: { id: 3, title: 'c' } }])
    expect(todos.has(3)).toBe(true)
  })
})

describe('a thousand cycles', () => {
  it('of subscribe and unsubscribe leave one subscriber with one event for each change', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    for (let cycle = 0; cycle < 1000; cycle++) {
      const subscription = todos.subscribeChanges(() => expect.fail('nobody is subscribed any more'))
      subscription.unsubscribe()
      if (cycle % 10 === 0) await todos.cleanup()
      if (cycle % 50 === 0) await pause()
    }
    let events = 0
    todos.subscribeChanges((changes) => {
      events += changes.length
    })
    await todos.preload()
    await daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'a' } }])
    expect(events).toBe(1)
  })

  it('leave no watch on the file once nobody follows', async () => {
    const statements: unknown[] = []
    const database = new Database(newFile(), { verbose: (sql) => statements.push(sql) })
    const daybook = open({ database })
    const todos = todosOf(daybook)
    for (let cycle = 0; cycle < 1000; cycle++) {
      todos.startSyncImmediate()
      if (cycle % 3 === 0) await undefined
      if (cycle % 7 === 0) await pause()
      await todos.cleanup()
    }
    await pause(200)
    statements.length = 0
    await pause(300)
    expect(statements).toEqual([])
    await daybook.close()
    database.close()
  })

  it('leave nothing in memory: collections that were cleaned up and forgotten are collected', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const daybook = open()
    const alive: WeakRef<object>[] = []
    await (async () => {
      for (let cycle = 0; cycle < 1000; cycle++) {
        const todos = todosOf(daybook)
        const subscription = todos.subscribeChanges(() => undefined)
        if (cycle % 2 === 0) await todos.preload()
        if (cycle % 20 === 0) await todos.insert({ id: cycle, title: 'x' }).isPersisted.promise
        subscription.unsubscribe()
        await todos.cleanup()
        alive.push(new WeakRef(todos))
      }
    })()
    for (let round = 0; round < 10; round++) {
      await pause(10)
      gc()
    }
    // A handful may still be referenced from the last turns.
    expect(alive.filter((ref) => ref.deref() !== undefined).length).toBeLessThan(20)
  })
})
