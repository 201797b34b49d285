/**
 * What the documentation of Electric collections promises, of a collection as it is and of one that daybook keeps:
 * https://tanstack.com/db/latest/docs/collections/electric-collection
 */

import { type ChangeMessage, isChangeMessage, type ShapeStreamOptions } from '@electric-sql/client'
import {
  type Collection,
  createCollection,
  createLiveQueryCollection,
  eq,
  type InsertMutationFn,
} from '@tanstack/db'
import {
  type ElectricCollectionConfig,
  type ElectricCollectionUtils,
  electricCollectionOptions,
} from '@tanstack/electric-db-collection'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open, rowsIn } from '../runtime/fixture.js'
import { ElectricServer, type ShapeRow } from '../support/electric-server.js'

type Todo = { id: string; title: string; note?: string }
type Todos = Collection<Todo, string | number, ElectricCollectionUtils<Todo>>
type Config = ElectricCollectionConfig<Todo, never>
type Mode = 'eager' | 'on-demand' | 'progressive'

const milk = { id: 'a', title: 'milk' }
const book = { id: 'b', title: 'book' }
const tea = { id: 'c', title: 'milk' }
const MODES: readonly Mode[] = ['eager', 'on-demand', 'progressive']

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  vi.restoreAllMocks()
})

async function serverWith(...rows: ShapeRow[]): Promise<ElectricServer> {
  const server = await ElectricServer.start()
  ends.push(() => server.stop())
  for (const row of rows) server.change('insert', row)
  return server
}

/** More of the shape, and of the collection. */
interface Settings extends Pick<Config, 'onInsert' | 'onUpdate' | 'onDelete'> {
  readonly syncMode?: Mode
  readonly shape?: Omit<Partial<ShapeStreamOptions>, 'params'> & { readonly params?: object }
}

type Make = (server: { readonly url: string }, settings?: Settings) => Todos

function optionsOf({ url }: { readonly url: string }, { shape, ...settings }: Settings = {}) {
  const config = {
    id: 'todos',
    getKey: (todo: Todo) => todo.id,
    ...settings,
    shapeOptions: {
      url,
      backoffOptions: { initialDelay: 5, maxDelay: 20, multiplier: 1.5, maxRetries: 2 },
      ...shape,
      params: { table: 'todos', ...shape?.params },
    },
  }
  return electricCollectionOptions<Todo>(config as never)
}

const unwrapped: Make = (server, settings) => kept(createCollection(optionsOf(server, settings)))
const wrapped: Make = (server, settings) => wrappedIn(newFile())(server, settings)
const wrappedIn =
  (file: string): Make =>
  (server, settings) =>
    kept(
      createCollection(
        persistedCollectionOptions({ ...optionsOf(server, settings), persistence: open(file) }),
      ) as unknown as Todos,
    )

function kept(todos: Todos): Todos {
  ends.push(() => todos.cleanup())
  return todos
}

const titled = (todos: Todos, title: string) => {
  const live = createLiveQueryCollection((q) =>
    q.from({ todo: todos }).where(({ todo }) => eq(todo.title, title)),
  )
  ends.push(() => live.cleanup())
  return live
}

const idsOf = (rows: { readonly toArray: readonly { readonly id: string }[] }): string =>
  rows.toArray
    .map(({ id }) => id)
    .sort()
    .join()

const isFollowing = (server: ElectricServer) =>
  eventually(() => server.requests.at(-1)?.live === true, 'the long poll')

/** A handler that tells the server, and answers as its API does. */
const saves =
  (server: ElectricServer): InsertMutationFn<Todo> =>
  async ({ transaction }) => ({
    txid: transaction.mutations.map(({ modified }) => server.change('insert', modified)),
  })

/** How a promise ends: with what message it rejects. */
const endOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => (error as Error).message,
  )

/** Console output of Electric and of live queries about errors that are meant. */
const quiet = (): void => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
}

describe.each([
  ['as it is', unwrapped],
  ['kept by daybook', wrapped],
])('an Electric collection, %s', (_name, make) => {
  describe('eager', () => {
    test('is ready when all rows are there, and not before', async () => {
      const server = await serverWith(milk, book)
      const release = server.hold()
      const todos = make(server)
      const ready = todos.preload()
      await eventually(() => server.requests.length > 0, 'the request')
      expect([todos.status, todos.size]).toEqual(['loading', 0])
      release()
      await ready
      expect([todos.status, idsOf(todos)]).toEqual(['ready', 'a,b'])
      expect(todos.isLoadingSubset).toBe(false)
    })

    test('follows what the server inserts, updates and deletes', async () => {
      const server = await serverWith({ ...milk, note: 'two' }, book)
      const todos = make(server)
      await todos.preload()
      const changes: string[] = []
      todos.subscribeChanges((all) => changes.push(...all.map(({ type, key }) => `${type} ${key}`)), {
        includeInitialState: true,
      })
      server.change('update', { id: 'a', title: 'oat milk' })
      server.change('delete', { id: 'b', title: null })
      server.change('insert', tea)
      await eventually(() => todos.has('c'), 'the changes')
      expect(todos.get('a')).toMatchObject({ title: 'oat milk', note: 'two' })
      expect(idsOf(todos)).toBe('a,c')
      expect(changes).toEqual(['insert a', 'insert b', 'update a', 'delete b', 'insert c'])
    })

    test('must-refetch: rows stay until the new ones replace them', async () => {
      const server = await serverWith(milk, book)
      const todos = make(server)
      await todos.preload()
      await isFollowing(server)
      const sizes: number[] = []
      todos.subscribeChanges(() => sizes.push(todos.size))
      const release = server.hold()
      server.change('delete', { id: 'a', title: null })
      server.change('insert', tea)
      server.rotate()
      expect(idsOf(todos)).toBe('a,b')
      release()
      await eventually(() => idsOf(todos) === 'b,c', 'the new rows')
      expect(sizes).toEqual([2])
      expect(todos.status).toBe('ready')
    })
  })

  describe('on demand', () => {
    test('loads what live queries ask for, and nothing else', async () => {
      const server = await serverWith(milk, book)
      const todos = make(server, { syncMode: 'on-demand' })
      const live = titled(todos, 'milk')
      await live.preload()
      expect([idsOf(live), idsOf(todos)]).toEqual(['a', 'a'])
      const books = titled(todos, 'book')
      await books.preload()
      expect([idsOf(books), idsOf(todos)]).toEqual(['b', 'a,b'])
    })

    test('a live query is loading for as long as its subset is', async () => {
      const server = await serverWith(milk)
      const todos = make(server, { syncMode: 'on-demand' })
      const release = server.holdSubsets()
      const live = titled(todos, 'milk')
      const ready = live.preload()
      await eventually(() => server.requests.some(({ isSubset }) => isSubset), 'the request')
      expect([live.status, todos.isLoadingSubset]).toEqual(['loading', true])
      release()
      await ready
      await eventually(() => !todos.isLoadingSubset, 'the end of loading')
      expect(live.isLoadingSubset).toBe(false)
    })

    test('a second live query over the same subset asks nobody, and is there at once', async () => {
      const server = await serverWith(milk)
      const todos = make(server, { syncMode: 'on-demand' })
      await titled(todos, 'milk').preload()
      const asked = server.subsets.length
      const again = titled(todos, 'milk')
      const states: boolean[] = []
      todos.on('loadingSubset:change', ({ isLoadingSubset }) => states.push(isLoadingSubset))
      await again.preload()
      expect(idsOf(again)).toBe('a')
      expect(server.subsets.length).toBe(asked)
      expect(states).toEqual([])
    })

    test('follows rows that it has, and those that come', async () => {
      const server = await serverWith({ ...milk, note: 'two' }, book)
      const todos = make(server, { syncMode: 'on-demand' })
      const live = titled(todos, 'milk')
      await live.preload()
      await isFollowing(server)
      server.change('update', { id: 'a', note: 'three' })
      server.change('insert', tea)
      // Of a row that was never loaded.
      server.change('update', { id: 'b', note: 'none' })
      await eventually(() => idsOf(live) === 'a,c', 'the new row')
      expect(todos.get('a')).toMatchObject({ title: 'milk', note: 'three' })
      server.change('update', { id: 'a', title: 'oat milk' })
      server.change('delete', { id: 'c', title: null })
      await eventually(() => idsOf(live) === '', 'rows that fit no more')
      expect(todos.has('b')).toBe(false)
    })

    test('with replica full, an update of a row that was never loaded is the row', async () => {
      const server = await serverWith(milk, { ...book, note: 'long' })
      const shape = { params: { replica: 'full' } }
      const todos = make(server, { syncMode: 'on-demand', shape })
      const live = titled(todos, 'milk')
      await live.preload()
      await isFollowing(server)
      server.change('update', { id: 'b', title: 'milk' })
      await eventually(() => idsOf(live) === 'a,b', 'the row')
      expect(todos.get('b')).toMatchObject({ title: 'milk', note: 'long' })
    })

    test('must-refetch: live queries keep their rows until the new ones are there', async () => {
      const server = await serverWith(milk)
      const todos = make(server, { syncMode: 'on-demand' })
      const live = titled(todos, 'milk')
      await live.preload()
      await isFollowing(server)
      const seen: string[] = []
      live.subscribeChanges(() => seen.push(idsOf(live)))
      const release = server.holdSubsets()
      server.change('delete', { id: 'a', title: null })
      server.change('insert', tea)
      server.rotate()
      await eventually(() => server.requests.at(-1)?.isSubset === true, 'the request')
      expect([idsOf(live), live.status, live.isLoadingSubset]).toEqual(['a', 'ready', true])
      release()
      await eventually(() => idsOf(live) === 'c', 'the new row')
      expect(seen).not.toContain('')
    })

    test('a subset that the server refuses fails its live query, with its error', async () => {
      quiet()
      const server = await serverWith(milk)
      const todos = make(server, { syncMode: 'on-demand' })
      await titled(todos, 'milk').preload()
      await isFollowing(server)
      server.subsetFaults.push(400)
      const live = titled(todos, 'book')
      await expect(live.preload()).rejects.toMatchObject({ status: 400 })
      expect(live.status).toBe('error')
    })
  })

  describe('progressive', () => {
    test('shows a subset before everything is there, then everything', async () => {
      const server = await serverWith(milk, book)
      const release = server.holdStream()
      const todos = make(server, { syncMode: 'progressive' })
      const live = titled(todos, 'milk')
      const ready = live.preload()
      await eventually(() => idsOf(live) === 'a', 'the subset')
      expect([todos.status, idsOf(todos)]).toEqual(['loading', 'a'])
      release()
      await ready
      await eventually(() => todos.status === 'ready', 'everything')
      expect(idsOf(todos)).toBe('a,b')
      server.change('update', { id: 'b', title: 'milk' })
      await eventually(() => idsOf(live) === 'a,b', 'the change')
    })

    test('must-refetch: rows stay until the new ones replace them', async () => {
      const server = await serverWith(milk, book)
      const todos = make(server, { syncMode: 'progressive' })
      const live = titled(todos, 'milk')
      await live.preload()
      await eventually(() => todos.status === 'ready', 'everything')
      await isFollowing(server)
      const seen: string[] = []
      live.subscribeChanges(() => seen.push(idsOf(live)))
      server.change('delete', { id: 'a', title: null })
      server.change('insert', tea)
      server.rotate()
      await eventually(() => idsOf(live) === 'c', 'the new row')
      expect(seen).not.toContain('')
      expect(idsOf(todos)).toBe('b,c')
    })
  })

  describe('mutations', () => {
    test.each(MODES)('%s: an insert is over when its transaction has come back', async (syncMode) => {
      const server = await serverWith(milk)
      const todos = make(server, { syncMode, onInsert: saves(server) })
      const live = titled(todos, 'milk')
      await live.preload()
      await isFollowing(server)
      const transaction = todos.insert(tea)
      expect(idsOf(live)).toBe('a,c')
      await transaction.isPersisted.promise
      await eventually(() => todos._state.syncedData.has('c'), 'the row of the server')
      expect(idsOf(live)).toBe('a,c')
    })

    test('updates and deletes as well, several at once', async () => {
      const server = await serverWith(milk, book)
      const todos = make(server, {
        onUpdate: async ({ transaction }) => ({
          txid: transaction.mutations.map(({ key, changes }) =>
            server.change('update', { id: String(key), ...changes } as ShapeRow),
          ),
        }),
        onDelete: async ({ transaction }) => ({
          txid: server.change('delete', { id: String(transaction.mutations[0].key), title: null }),
        }),
      })
      await todos.preload()
      const both = todos.update(['a', 'b'], (drafts) => {
        for (const draft of drafts) draft.title += '!'
      })
      await both.isPersisted.promise
      expect(server.state().rows.map(({ title }) => title)).toEqual(['milk!', 'book!'])
      await todos.delete('a').isPersisted.promise
      await eventually(() => idsOf(todos) === 'b', 'the delete')
      expect(todos.get('b')).toMatchObject({ title: 'book!' })
    })

    test('one that a handler refuses is rolled back, with its error', async () => {
      const server = await serverWith(milk)
      const refuse = async (): Promise<never> => {
        throw new Error('refused')
      }
      const todos = make(server, { onInsert: refuse })
      await todos.preload()
      const transaction = todos.insert(tea)
      await expect(transaction.isPersisted.promise).rejects.toThrow('refused')
      expect(idsOf(todos)).toBe('a')
    })

    test('one whose handler names no transaction is over with the handler', async () => {
      const server = await serverWith(milk)
      const todos = make(server, { onInsert: async () => undefined as never })
      await todos.preload()
      await todos.insert(tea).isPersisted.promise
      await eventually(() => idsOf(todos) === 'a', 'the end of what was optimistic')
    })

    test('a handler may wait for a match', async () => {
      const server = await serverWith(milk)
      const todos = make(server, {
        onInsert: async ({ transaction, collection }) => {
          const { modified } = transaction.mutations[0]
          server.change('insert', modified)
          await (collection as unknown as Todos).utils.awaitMatch(
            (message) => isChangeMessage(message) && message.value.id === modified.id,
          )
        },
      })
      await todos.preload()
      await todos.insert(tea).isPersisted.promise
      await eventually(() => todos._state.syncedData.has('c'), 'the row of the server')
    })
  })

  describe('utils', () => {
    test('awaitTxId resolves when the transaction has come, and at once when it has', async () => {
      const server = await serverWith(milk)
      const todos = make(server)
      await todos.preload()
      const txid = server.change('insert', tea)
      expect(await todos.utils.awaitTxId(txid)).toBe(true)
      expect(todos.has('c')).toBe(true)
      expect(await todos.utils.awaitTxId(txid)).toBe(true)
    })

    test('awaitTxId and awaitMatch reject when it does not come in time', async () => {
      const server = await serverWith(milk)
      const todos = make(server)
      await todos.preload()
      await expect(todos.utils.awaitTxId(999_999, 20)).rejects.toThrow('Timeout waiting for txId: 999999')
      await expect(todos.utils.awaitMatch(() => false, 20)).rejects.toThrow(
        'Timeout waiting for custom match',
      )
    })

    test('awaitMatch sees messages that came before it, and operations', async () => {
      const server = await serverWith(milk)
      const todos = make(server)
      await todos.preload()
      const isDelete = todos.utils.awaitMatch(
        (message) => isChangeMessage(message) && (message as ChangeMessage).headers.operation === 'delete',
      )
      server.change('insert', tea)
      server.change('delete', { id: 'a', title: null })
      expect(await isDelete).toBe(true)
      expect(await todos.utils.awaitMatch((each) => isChangeMessage(each) && each.value.id === 'c')).toBe(
        true,
      )
    })

    test('what waits when the collection is cleaned up is rejected', async () => {
      const server = await serverWith(milk)
      const todos = make(server)
      await todos.preload()
      const ended = endOf(todos.utils.awaitTxId(999_999))
      await todos.cleanup()
      expect(await ended).toContain('abort')
    })
  })

  describe('errors', () => {
    test('an answer 4xx while it loads: error, told to onError, and right when it is used again', async () => {
      const server = await serverWith(milk)
      server.faults.push({ status: 403 })
      const onError = vi.fn()
      const todos = make(server, { shape: { onError } })
      await expect(todos.preload()).rejects.toMatchObject({ status: 403 })
      expect(todos.status).toBe('error')
      expect(onError).toHaveBeenCalledOnce()
      await todos.cleanup()
      await todos.preload()
      expect(idsOf(todos)).toBe('a')
    })

    test('onError that answers an object has it try again', async () => {
      const server = await serverWith(milk)
      server.faults.push({ status: 403 })
      const todos = make(server, { shape: { onError: () => ({}) } })
      await expect(todos.preload()).rejects.toMatchObject({ status: 403 })
      await eventually(() => todos.status === 'ready', 'the recovery')
      expect(idsOf(todos)).toBe('a')
    })

    test('an answer 4xx when it is ready leaves the rows and the status', async () => {
      const server = await serverWith(milk)
      const onError = vi.fn()
      const todos = make(server, { shape: { onError } })
      await todos.preload()
      await isFollowing(server)
      server.faults.push({ status: 403 })
      server.change('insert', tea)
      await eventually(() => onError.mock.calls.length > 0, 'the error')
      expect([todos.status, idsOf(todos)]).toEqual(['ready', 'a'])
    })

    test('answers 5xx are asked for again', async () => {
      const server = await serverWith(milk)
      server.faults.push({ status: 500 }, { status: 503 })
      const todos = make(server)
      await todos.preload()
      expect(idsOf(todos)).toBe('a')
    })

    test('a collection that cannot start rejects preload with the error of Electric', async () => {
      quiet()
      const todos = make({ url: '' })
      expect(await endOf(todos.preload())).toContain('missing required url')
      expect(todos.status).toBe('error')
    })

    test.each(['on-demand', 'progressive'] as const)(
      '%s: and so does a live query over it',
      async (syncMode) => {
        quiet()
        const todos = make({ url: '' }, { syncMode })
        const live = titled(todos, 'milk')
        expect(await endOf(live.preload())).toContain('missing required url')
        expect(live.status).toBe('error')
        await eventually(() => todos.status === 'error', 'the collection')
      },
    )
  })

  test('used again after it was cleaned up, it has what the server has', async () => {
    const server = await serverWith(milk, book)
    const todos = make(server)
    await todos.preload()
    await todos.cleanup()
    server.change('delete', { id: 'a', title: null })
    server.change('insert', tea)
    await todos.preload()
    await eventually(() => idsOf(todos) === 'b,c', 'the rows')
  })
})

describe('kept by daybook, and different on purpose', () => {
  test.each(MODES)(
    '%s: a restart shows what is on disk at once, and goes on from there',
    async (syncMode) => {
      const server = await serverWith(milk)
      const file = newFile()
      const first = wrappedIn(file)(server, { syncMode })
      await titled(first, 'milk').preload()
      await isFollowing(server)
      await first.cleanup()
      await server.stop()
      const todos = wrappedIn(file)(server, { syncMode })
      const live = titled(todos, 'milk')
      await live.preload()
      expect(rowsIn(live)).toEqual([milk])
      server.change('insert', tea)
      await server.start()
      await eventually(() => idsOf(live) === 'a,c', 'the change')
    },
  )

  test('a live query over an eager collection that cannot start says which collection failed', async () => {
    quiet()
    const live = titled(wrapped({ url: '' }), 'milk')
    expect(await endOf(live.preload())).toBe("Source collection 'todos' entered error state")
  })
})
