/** Several contexts, one source: whoever needs it gets the role, and nobody waits in vain. */

import { createCollection, createLiveQueryCollection, createTransaction, eq } from '@tanstack/db'
import Database from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import { type Daybook, persistedCollectionOptions, ReadOnlyError } from '../../src/node.js'
import { newFile, open } from '../runtime/fixture.js'
import { RestServer } from '../support/rest-server.js'
import { electricTodos, serverWith } from './electric.js'
import { queryTodos } from './query.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const eventually = async (what: () => unknown): Promise<void> => {
  await expect.poll(what, { timeout: 5000, interval: 5 }).toBeTruthy()
}

/** Who runs the source, by the events that a daybook tells. */
function ownership(daybook: Daybook): { owner: boolean; changes: number } {
  const state = { owner: false, changes: 0 }
  daybook.on('sync', ({ owner }) => {
    state.owner = owner
    state.changes++
  })
  return state
}

describe('with Electric, a context that follows', () => {
  test('has its mutation confirmed by the stream, and runs the source from then on', async () => {
    const server = await serverWith({ id: 'a', title: 'first' })
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const [first, second] = [ownership(one), ownership(two)]
    const owner = electricTodos(one, server)
    await owner.preload()
    const follower = electricTodos(two, server)
    await follower.preload()
    expect([first.owner, second.owner]).toEqual([true, false])
    const seen: boolean[] = []
    follower.subscribeChanges(() => seen.push(follower.has('b')))
    // Without the stream, Electric gives up after five seconds.
    await follower.insert({ id: 'b', title: 'second' }).isPersisted.promise
    expect([first.owner, second.owner]).toEqual([false, true])
    expect(follower.get('b')).toMatchObject({ title: 'second' })
    // It never went away in between.
    expect(seen).not.toContain(false)
    await eventually(() => owner.has('b'))
  })

  test('takes turns with another that mutates as well, and every mutation is confirmed', async () => {
    const server = await serverWith()
    const file = newFile()
    const todos = [open(file), open(file), open(file)].map((daybook) => electricTodos(daybook, server))
    for (const each of todos) each.startSyncImmediate()
    await Promise.all(todos.map((each) => each.preload()))
    await Promise.all(
      todos.flatMap((each, at) =>
        Array.from(
          { length: 5 },
          (_, n) => each.insert({ id: `${at}/${n}`, title: 'new' }).isPersisted.promise,
        ),
      ),
    )
    for (const each of todos) await eventually(() => each.size === 15)
  }, 30_000)
})

describe('with Query, a context that follows', () => {
  test('sees its own row after the mutation, by the refetch that Query makes', async () => {
    const server = await RestServer.start()
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    await queryTodos(one, server).preload()
    const follower = queryTodos(two, server)
    await follower.preload()
    const seen: boolean[] = []
    follower.subscribeChanges(() => seen.push(follower.has(7)))
    await follower.insert({ id: 7, title: 'mine', done: false }).isPersisted.promise
    expect(follower.has(7)).toBe(true)
    expect(seen).not.toContain(false)
  })

  test('can use its utils in work of its own', async () => {
    const server = await RestServer.start()
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const owner = queryTodos(one, server)
    await owner.preload()
    const follower = queryTodos(two, server)
    await follower.preload()
    const transaction = createTransaction({
      mutationFn: ({ transaction: { mutations } }) =>
        two.asSyncOwner(follower, async () => {
          for (const { modified } of mutations) follower.utils.writeInsert(modified as never)
        }),
    })
    transaction.mutate(() => follower.insert({ id: 8, title: 'written', done: false }))
    await transaction.isPersisted.promise
    expect(follower.has(8)).toBe(true)
    await eventually(() => owner.has(8))
  })
})

test('work under way is finished before the role goes, and what comes later waits for its turn', async () => {
  const file = newFile()
  const [one, two] = [open(file), open(file)]
  const source = () => ({ sync: ({ markReady }: { markReady: () => void }) => markReady() })
  const rows = (persistence: Daybook) =>
    createCollection(
      persistedCollectionOptions({
        id: 'rows',
        getKey: (row: { id: number }) => row.id,
        sync: source(),
        persistence,
      }),
    )
  const [owner, follower] = [rows(one), rows(two)]
  await owner.preload()
  follower.startSyncImmediate()
  const order: string[] = []
  let finish: () => void = () => undefined
  const first = one.asSyncOwner(owner, async () => {
    order.push('first begins')
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    order.push('first ends')
  })
  const second = two.asSyncOwner(follower, () => void order.push('second'))
  await new Promise((resolve) => setTimeout(resolve, 600))
  const third = one.asSyncOwner(owner, () => void order.push('third'))
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(order).toEqual(['first begins'])
  finish()
  await Promise.all([first, second, third])
  expect(order).toEqual(['first begins', 'first ends', 'second', 'third'])
})

test('a handle that cannot write is told so', async () => {
  const server = await RestServer.start()
  const file = newFile()
  const one = open(file)
  await queryTodos(one, server).preload()
  const handle = new Database(file, { readonly: true })
  ends.push(() => handle.close())
  const reader = open({ database: handle })
  reader.on('error', () => undefined)
  const todos = queryTodos(reader, server)
  await todos.preload()
  const { isPersisted } = todos.insert({ id: 9, title: 'no', done: false })
  await expect(isPersisted.promise).rejects.toBeInstanceOf(ReadOnlyError)
})

describe('on demand, a context that follows', () => {
  interface Todo {
    readonly id: number
    readonly list: string
  }
  const all: Todo[] = Array.from({ length: 20 }, (_, id) => ({ id, list: id % 2 === 0 ? 'even' : 'odd' }))

  /** A source that answers what it is asked, and says what it was asked. */
  function onDemand(persistence: Daybook) {
    const asked: string[] = []
    const released: string[] = []
    const listOf = (options: { where?: unknown }): string =>
      JSON.stringify(options.where).includes('even') ? 'even' : 'odd'
    const collection = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (todo: Todo) => todo.id,
        syncMode: 'on-demand' as const,
        persistence,
        sync: {
          sync: ({ begin, write, commit, markReady, collection: core }) => {
            markReady()
            return {
              loadSubset: async (options) => {
                const list = listOf(options)
                asked.push(list)
                if (list === 'odd') throw new Error('the server knows no odd ones')
                begin()
                for (const value of all) {
                  if (value.list === list && !core.has(value.id)) write({ type: 'insert', value })
                }
                commit()
              },
              unloadSubset: (options) => {
                released.push(listOf(options))
              },
            }
          },
        },
      }),
    )
    const query = (list: string) =>
      createLiveQueryCollection((q) => q.from({ todo: collection }).where(({ todo }) => eq(todo.list, list)))
    return { collection, asked, released, query }
  }

  test('gets a subset that the owner asks its source for, and gives it back', async () => {
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const owner = onDemand(one)
    owner.collection.startSyncImmediate()
    await eventually(() => owner.collection.status === 'ready')
    const follower = onDemand(two)
    const even = follower.query('even')
    await even.preload()
    expect(even.size).toBe(10)
    expect(owner.asked).toEqual(['even'])
    expect(follower.asked).toEqual([])
    await even.cleanup()
    await eventually(() => owner.released.includes('even'))
    // Nothing of the question is left.
    const { state } = await one.journal.query('todos')
    expect(state.map(({ name }) => name).filter((name) => name.includes('wanted'))).toEqual([])
  })

  test('is told when the source fails', async () => {
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const owner = onDemand(one)
    owner.collection.startSyncImmediate()
    await eventually(() => owner.collection.status === 'ready')
    const follower = onDemand(two)
    const odd = follower.query('odd')
    await expect(odd.preload()).rejects.toThrow('the server knows no odd ones')
    expect(owner.asked).toEqual(['odd'])
  })

  test('asks the next owner again, or itself', async () => {
    const file = newFile()
    const [one, two, three] = [open(file), open(file), open(file)]
    const owner = onDemand(one)
    owner.collection.startSyncImmediate()
    await eventually(() => owner.collection.status === 'ready')
    const next = onDemand(two)
    next.collection.startSyncImmediate()
    const follower = onDemand(three)
    const even = follower.query('even')
    await even.preload()
    await one.close()
    await eventually(() => next.asked.includes('even') || follower.asked.includes('even'))
    expect(even.size).toBe(10)
  })
})
