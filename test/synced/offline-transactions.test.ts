/** @tanstack/offline-transactions beside collections on disk: its outbox and the daybook each keep what is theirs. */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type LeaderElection,
  NonRetriableError,
  type OfflineConfig,
  type OnlineDetector,
  type StorageAdapter,
  startOfflineExecutor,
} from '@tanstack/offline-transactions'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Daybook } from '../../src/node.js'
import { eventually, failureOf, newFolder, open, rowsIn, rowsOnDisk } from '../runtime/fixture.js'
import { RestServer } from '../support/rest-server.js'
import { queryTodos, send } from './query.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }

// It talks on the console.
beforeEach(() => {
  for (const level of ['log', 'warn'] as const) vi.spyOn(console, level).mockImplementation(() => undefined)
})

type OfflineMutationFn = OfflineConfig['mutationFns'][string]

/** The outbox in a folder: one file for each key. */
function folderStorage(folder: string): StorageAdapter {
  mkdirSync(folder, { recursive: true })
  const fileOf = (key: string): string => join(folder, encodeURIComponent(key))
  const keys = (): string[] => readdirSync(folder).map(decodeURIComponent)
  return {
    get: async (key) => (keys().includes(key) ? readFileSync(fileOf(key), 'utf8') : null),
    set: async (key, value) => writeFileSync(fileOf(key), value),
    delete: async (key) => rmSync(fileOf(key), { force: true }),
    keys: async () => keys(),
    clear: async () => {
      for (const key of keys()) rmSync(fileOf(key))
    },
  }
}

/** The network, as the test says. */
class Network implements OnlineDetector {
  #online = false
  readonly #listeners = new Set<() => void>()
  subscribe = (callback: () => void): (() => void) => {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }
  isOnline = (): boolean => this.#online
  notifyOnline = (): void => {
    this.#online = true
    for (const listener of this.#listeners) listener()
  }
  dispose = (): void => this.#listeners.clear()
}

/** In Node there are no other tabs. */
const alone: LeaderElection = {
  requestLeadership: async () => true,
  releaseLeadership: () => undefined,
  isLeader: () => true,
  onLeadershipChange: () => () => undefined,
}

const disposable: { dispose(): void }[] = []
afterEach(() => {
  for (const each of disposable.splice(0)) each.dispose()
})

/** What an app makes at its start. */
async function start(
  persistence: Daybook,
  server: RestServer,
  folder: string,
  mutationFn: OfflineMutationFn,
) {
  const network = new Network()
  const todos = queryTodos(persistence, server)
  const executor = startOfflineExecutor({
    collections: { todos },
    mutationFns: { save: mutationFn },
    storage: folderStorage(join(folder, 'outbox')),
    onlineDetector: network,
    leaderElection: alone,
  })
  disposable.push(executor)
  await executor.waitForInit()
  const insert = (row: typeof milk) => {
    const transaction = executor.createOfflineTransaction({ mutationFnName: 'save', autoCommit: false })
    transaction.mutate(() => todos.insert(row))
    return transaction.commit()
  }
  return { network, todos, executor, insert }
}

test('a change that was made offline survives a restart, is sent once, and is then kept as a row', async () => {
  const server = await RestServer.start([milk])
  const folder = newFolder()
  const file = join(folder, 'daybook.db')
  const save: OfflineMutationFn = async ({ transaction }) => {
    for (const { modified } of transaction.mutations) await send('POST', server.url, modified)
  }
  const first = open(file)
  const before = await start(first, server, folder, save)
  await before.todos.preload()
  await server.stop()
  before.insert(book).catch(() => undefined)
  await eventually(async () => (await before.executor.peekOutbox()).length === 1, 'the outbox')
  expect(rowsIn(before.todos)).toEqual([milk, book])
  before.executor.dispose()
  await before.todos.cleanup()
  await first.close()
  // What is not sent is not a row of the server's.
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk])

  const second = open(file)
  const after = await start(second, server, folder, save)
  await after.todos.preload()
  await eventually(() => after.todos.size === 2, 'the change')
  expect(rowsIn(after.todos)).toEqual([milk, book])
  await server.start()
  after.network.notifyOnline()
  await eventually(async () => (await after.executor.peekOutbox()).length === 0, 'the outbox')
  expect(server.requests.filter((request) => request === 'POST /todos')).toHaveLength(1)
  await eventually(async () => {
    await after.todos.utils.refetch()
    return after.todos.get(2)?.version === 1
  }, 'the row of the server')
  await second.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk, { ...book, version: 1 }])
})

test('a change that the server refuses rolls back to the rows on disk', async () => {
  const server = await RestServer.start([milk])
  const folder = newFolder()
  const file = join(folder, 'daybook.db')
  const daybook = open(file)
  const { network, todos, executor, insert } = await start(daybook, server, folder, async () => {
    throw new NonRetriableError('no')
  })
  await todos.preload()
  network.notifyOnline()
  expect(await failureOf(insert(book))).toMatchObject({ message: 'no' })
  await eventually(() => todos.size === 1, 'the rollback')
  expect(rowsIn(todos)).toEqual([milk])
  expect(await executor.peekOutbox()).toEqual([])
  await daybook.close()
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual([milk])
})
