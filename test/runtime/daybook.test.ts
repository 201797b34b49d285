import { createCollection } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { InvalidOptionError, persistedCollectionOptions } from '../../src/node.js'
import { internalsOf } from '../../src/runtime/daybook/internals.js'
import { failureOf, newFile, open, pause, rowsIn, rowsOnDisk, type Todo, todosOf } from './fixture.js'

describe('drop', () => {
  it('empties open collections, forgets the collection, and lets it begin anew', async () => {
    const file = newFile()
    const daybook = open(file)
    const [one, two] = [todosOf(daybook), todosOf(daybook)]
    const others = todosOf(daybook, 'others')
    await Promise.all([one.preload(), two.preload()])
    await one.insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    await others.insert({ id: 1, title: 'stays' }).isPersisted.promise
    const position = await daybook.drop('todos')
    expect(position).toEqual(await daybook.head())
    expect([one.size, two.size, others.size]).toEqual([0, 0, 1])
    expect((await daybook.collections()).map(({ id }) => id)).toEqual(['others'])
    await one.insert({ id: 1, title: 'anew' }).isPersisted.promise
    expect(rowsIn(two)).toEqual([{ id: 1, title: 'anew' }])
    expect(await rowsOnDisk(file, 'todos')).toEqual(new Map([[1, { id: 1, title: 'anew' }]]))
    expect((await daybook.verify()).findings).toEqual([])
  })

  it('reaches another daybook on the file', async () => {
    const file = newFile()
    const [here, there] = [open(file), open(file)]
    const todos = todosOf(there)
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await here.drop('todos')
    await expect.poll(() => todos.size, { timeout: 5000 }).toBe(0)
  })

  it('of a collection that does not exist does nothing', async () => {
    const daybook = open()
    await daybook.drop('nothing')
    expect(await daybook.collections()).toEqual([])
  })

  it.each([[''], [undefined], [1]])('refuses %j as an id', async (id) => {
    expect(await failureOf(open().drop(id as string))).toBeInstanceOf(InvalidOptionError)
  })
})

describe('stats and collections', () => {
  it('say what is in the file', async () => {
    const daybook = open()
    await todosOf(daybook).insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    await todosOf(daybook, 'Ärger / mit Namen').insert({ id: 1, title: 'c' }).isPersisted.promise
    const collections = await daybook.collections()
    expect(collections).toEqual([
      { id: 'todos', rowTable: 'rows_todos', rows: 2, schemaVersion: 1 },
      {
        id: 'Ärger / mit Namen',
        rowTable: expect.stringMatching(/^rows_[a-z_]+$/),
        rows: 1,
        schemaVersion: 1,
      },
    ])
    const stats = await daybook.stats()
    expect(stats).toMatchObject({
      format: 1,
      head: { term: 1, seq: 3 },
      floor: { term: 1, seq: 1 },
      cursor: 3,
      entries: 3,
      driver: 'better-sqlite3',
      durability: 'process',
      readonly: false,
      collections,
    })
    expect(stats.fileBytes).toBeGreaterThan(0)
    expect(stats.bodySize).toBeGreaterThan(0)
    expect(stats.id).toMatch(/^[\w-]{16}$/)
  })

  it('keep the id of the file from start to start, and give each file its own', async () => {
    const file = newFile()
    const before = open(file)
    const { id } = await before.stats()
    await before.close()
    expect((await open(file).stats()).id).toBe(id)
    expect((await open().stats()).id).not.toBe(id)
  })
})

describe('verify', () => {
  it('finds nothing in a sound file, and says how much it looked at', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    for (let id = 0; id < 20; id++) await todos.insert({ id, title: 'x' }).isPersisted.promise
    await todos.delete(3).isPersisted.promise
    expect(await daybook.verify()).toEqual({
      clean: true,
      findings: [],
      unchecked: [],
      entriesChecked: 22,
      rowsChecked: 19,
    })
  })

  it('works while others write', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    let id = 0
    let stop = false
    const writing = (async () => {
      while (!stop) {
        await todos.insert({ id: id++, title: 'x' }).isPersisted.promise
        await pause()
      }
    })()
    for (let round = 0; round < 20; round++) {
      expect((await daybook.verify()).findings).toEqual([])
      await pause()
    }
    stop = true
    await writing
  })
})

describe('on', () => {
  it('calls every listener, until it is ended', () => {
    const daybook = open()
    const heard: string[] = []
    const ends = [
      daybook.on('error', (error) => heard.push(`first ${String(error)}`)),
      daybook.on('error', (error) => heard.push(`second ${String(error)}`)),
    ]
    internalsOf(daybook).events.report('a')
    ends[0]?.()
    ends[0]?.()
    internalsOf(daybook).events.report('b')
    expect(heard).toEqual(['first a', 'second a', 'second b'])
  })

  it('an error that nobody listens for is an uncaught exception', async () => {
    const daybook = open()
    const end = daybook.on('error', () => expect.fail('it was ended'))
    end()
    const before = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    const uncaught: unknown[] = []
    process.once('uncaughtException', (error) => uncaught.push(error))
    try {
      internalsOf(daybook).events.report(new Error('nobody listens'))
      await pause(10)
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of before) process.on('uncaughtException', listener)
    }
    expect(uncaught).toEqual([new Error('nobody listens')])
  })

  it('a listener that throws does not keep an entry from the collections', async () => {
    const daybook = open()
    const todos = createCollection(
      persistedCollectionOptions({ id: 'todos', persistence: daybook, getKey: (todo: Todo) => todo.id }),
    )
    const healthy = todosOf(daybook)
    await Promise.all([todos.preload(), healthy.preload()])
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    let calls = 0
    todos.subscribeChanges(() => {
      calls++
      throw new Error('in a subscriber')
    })
    for (const key of [1, 2, 3]) {
      await daybook
        .write([{ op: 'put', collection: 'todos', key, value: { id: key, title: 'x' } }])
        .catch(() => expect.fail('the write is kept, whatever a subscriber does'))
    }
    expect(calls).toBeGreaterThan(0)
    expect(rowsIn(healthy)).toHaveLength(3)
    expect(rowsIn(todos)).toHaveLength(3)
    expect(errors.map((error) => (error as Error).message)).toContain('in a subscriber')
  })
})
