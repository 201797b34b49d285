/** Synced collections that come and go: cleaned up, collected, mounted twice, dropped, and thousands of times. */

import { describe, expect, test, vi } from 'vitest'
import { internalsOf } from '../../src/runtime/daybook/internals.js'
import { ContextLocks } from '../../src/runtime/sync-owner/locks/context-locks.js'
import type { Locks } from '../../src/runtime/sync-owner/locks/locks.js'
import {
  complete,
  eventually,
  newFile,
  open,
  rowsIn,
  rowsOnDisk,
  type Todo,
  transactionsIn,
} from '../runtime/fixture.js'
import { FakeClock, turn } from '../support/clock.js'
import { connect } from '../support/connections.js'
import { daybookOn } from '../support/daybook.js'
import { LiveServer, syncedTodos } from './source.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }
const tea = { id: 3, title: 'Drink tea' }

function serverWith(...rows: Todo[]): LiveServer {
  const server = new LiveServer()
  for (const row of rows) server.put(row)
  return server
}

describe('a collection that is cleaned up', () => {
  test('has its rows again when it is used again, and its source starts once each time', async () => {
    const server = serverWith(milk)
    const todos = syncedTodos(open(), server)
    for (let round = 1; round <= 5; round++) {
      await todos.preload()
      await eventually(() => server.running === 1, 'the source')
      expect(server.starts).toBe(round)
      server.put({ id: 10 + round, title: `round ${round}` })
      expect(todos.size).toBe(1 + round)
      await todos.cleanup()
      expect(server.running).toBe(0)
      expect(todos.status).toBe('cleaned-up')
    }
  })

  test('while it loads never enters its source', async () => {
    const server = serverWith(milk)
    const daybook = open()
    await daybook.ready
    const todos = syncedTodos(daybook, server)
    todos.startSyncImmediate()
    await todos.cleanup()
    await daybook.write([{ op: 'put', collection: 'others', key: 1, value: milk }])
    expect(server.starts).toBe(0)
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk])
    await eventually(() => server.running === 1, 'the source')
    expect(server.starts).toBe(1)
  })

  test('and started at once, over and over, ends with one source and all rows', async () => {
    const server = serverWith(milk, book)
    const file = newFile()
    const daybook = open(file)
    const todos = syncedTodos(daybook, server)
    for (let n = 0; n < 50; n++) {
      todos.startSyncImmediate()
      if (n % 3 === 0) await turn()
      await todos.cleanup()
    }
    await todos.preload()
    await eventually(() => server.running === 1, 'the source')
    expect(rowsIn(todos)).toEqual([milk, book])
    await complete(daybook)
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, book])
  })
})

describe('subscribers', () => {
  test('that all leave let the collection go, and the next one gets its rows', async () => {
    const server = serverWith(milk)
    const daybook = open()
    const todos = syncedTodos(daybook, server, { gcTime: 1 })
    for (let round = 1; round <= 3; round++) {
      const seen: unknown[] = []
      const subscription = todos.subscribeChanges((changes) => seen.push(...changes), {
        includeInitialState: true,
      })
      await eventually(() => server.running === 1, 'the source')
      await eventually(() => seen.length > 0, 'the rows')
      expect(rowsIn(todos)).toEqual([milk])
      subscription.unsubscribe()
      await eventually(() => todos.status === 'cleaned-up', 'the collection')
      expect(server.running).toBe(0)
    }
    expect(server.starts).toBe(3)
  })

  test('that mount, unmount and mount again in one turn, as StrictMode does, share one run', async () => {
    const server = serverWith(milk)
    const todos = syncedTodos(open(), server, { gcTime: 1 })
    const ignored = (): void => undefined
    todos.subscribeChanges(ignored).unsubscribe()
    const subscription = todos.subscribeChanges(ignored)
    todos.subscribeChanges(ignored).unsubscribe()
    await eventually(() => todos.size === 1, 'the rows')
    expect(todos.status).toBe('ready')
    expect(server.starts).toBe(1)
    subscription.unsubscribe()
    await eventually(() => server.running === 0, 'the end')
  })
})

/** Locks that count who holds or wants one. */
function counting(locks: Locks): { locks: Locks; open: () => number } {
  let open = 0
  return {
    open: () => open,
    locks: {
      async request(name, options) {
        open++
        try {
          const lock = await locks.request(name, options)
          let released = false
          return {
            ...lock,
            release: () => {
              if (!released) open--
              released = true
              lock.release()
            },
          }
        } catch (error) {
          open--
          throw error
        }
      },
    },
  }
}

/** A daybook whose timers, followers, listeners and locks are counted. */
async function counted() {
  const clock = new FakeClock()
  const locks = counting(new ContextLocks())
  const { daybook } = daybookOn(connect(newFile()), clock, locks.locks)
  await daybook.ready
  const followers = new Set<object>()
  const { tail } = internalsOf(daybook)
  const follow = tail.follow.bind(tail)
  const unfollow = tail.unfollow.bind(tail)
  vi.spyOn(tail, 'follow').mockImplementation((follower) => {
    followers.add(follower)
    return follow(follower)
  })
  vi.spyOn(tail, 'unfollow').mockImplementation((follower) => {
    followers.delete(follower)
    unfollow(follower)
  })
  return {
    daybook,
    count: () => ({ timers: clock.pending, followers: followers.size, locks: locks.open() }),
  }
}

describe('3,000 times', () => {
  test('subscribing and unsubscribing leaves nothing behind', async () => {
    const server = serverWith(milk)
    const { daybook, count } = await counted()
    const todos = syncedTodos(daybook, server)
    await todos.preload()
    await eventually(() => server.running === 1, 'the source')
    const before = count()
    // The collection and its sync owner follow the log.
    expect(before).toMatchObject({ followers: 2, locks: 1 })
    for (let n = 0; n < 3000; n++) todos.subscribeChanges(() => undefined).unsubscribe()
    expect(todos.subscriberCount).toBe(0)
    expect(count()).toEqual(before)
    expect(server.starts).toBe(1)
    await todos.cleanup()
    await daybook.close()
    expect(count()).toEqual({ timers: 0, followers: 0, locks: 0 })
  })

  test('starting and cleaning up leaves nothing behind', async () => {
    const server = serverWith(milk)
    const { daybook, count } = await counted()
    const todos = syncedTodos(daybook, server)
    const cycle = async (): Promise<void> => {
      await todos.preload()
      await todos.cleanup()
    }
    await cycle()
    await eventually(() => count().locks === 0, 'the lock')
    const before = count()
    for (let n = 0; n < 3000; n++) await cycle()
    await eventually(() => count().locks === 0, 'the lock')
    expect(count()).toEqual(before)
    expect(before).toMatchObject({ followers: 0 })
    expect(server.running).toBe(0)
    await daybook.close()
  })
})

test('two collection objects with one id have the same rows, and one source; the other takes over', async () => {
  const server = serverWith(milk)
  const file = newFile()
  const daybook = open(file)
  const one = syncedTodos(daybook, server)
  const two = syncedTodos(daybook, server)
  await Promise.all([one.preload(), two.preload()])
  expect(server.running).toBe(1)
  server.put(book)
  await eventually(() => one.size === 2 && two.size === 2, 'the change')
  await one.cleanup()
  await eventually(() => server.running === 1, 'the other source')
  server.put(tea)
  server.delete(1)
  await eventually(() => two.has(3) && !two.has(1), 'the changes')
  await one.preload()
  expect(rowsIn(one)).toEqual([book, tea])
  expect(rowsIn(two)).toEqual([book, tea])
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([book, tea])
})

test('a collection that is dropped while it runs is filled by its source again', async () => {
  const server = serverWith(milk, book)
  const file = newFile()
  const daybook = open(file)
  const todos = syncedTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  await daybook.drop('todos')
  await eventually(() => todos.size === 2, 'the rows')
  await complete(daybook)
  server.put(tea)
  server.delete(1)
  expect(rowsIn(todos)).toEqual([book, tea])
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([book, tea])
})

test('a first sync of 50,000 rows in one transaction is one entry, and is there at the next start', async () => {
  const server = new LiveServer()
  for (let id = 0; id < 50_000; id++)
    server.rows.set(id, { id, title: `todo ${id}`, note: 'x'.repeat(id % 50) })
  const file = newFile()
  const daybook = open(file)
  const todos = syncedTodos(daybook, server)
  await todos.preload()
  expect(todos.size).toBe(50_000)
  await complete(daybook)
  const puts = (await transactionsIn(daybook)).map(({ ops }) => ops.filter(({ op }) => op === 'put').length)
  expect(puts.filter((count) => count > 0)).toEqual([50_000])
  await daybook.close()
  const again = syncedTodos(open(file), { sync: { sync: () => undefined } })
  await again.preload()
  expect(again.size).toBe(50_000)
  expect(again.get(49_999)).toMatchObject(server.rows.get(49_999)!)
})
