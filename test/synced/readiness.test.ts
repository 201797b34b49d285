/** When rows from disk may be shown: `readiness`, `initialRender`, and what live queries say about it. */

import { createLiveQueryCollection, createLiveQueryObserver, PERSISTED_READINESS } from '@tanstack/db'
import { afterEach, describe, expect, test } from 'vitest'
import type { Daybook } from '../../src/node.js'
import { complete, eventually, failureOf, newFile, open, rowsIn, type Todo } from '../runtime/fixture.js'
import { connect } from '../support/connections.js'
import { daybookOn, stubborn } from '../support/daybook.js'
import { type Extra, insert, Source, type SourceSettings, syncedTodos } from './source.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }

const opened: { cleanup(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.allSettled(opened.splice(0).map((collection) => collection.cleanup()))
})

/** A file whose source was ready once, with one row. */
async function synced(): Promise<string> {
  const file = newFile()
  const daybook = open(file)
  const source = new Source()
  const todos = syncedTodos(daybook, source)
  todos.startSyncImmediate()
  await eventually(() => source.params !== undefined)
  source.send(insert(milk))
  source.running.markReady()
  await complete(daybook)
  await todos.cleanup()
  await daybook.close()
  return file
}

/** A collection, and what a framework's hook would see of a live query of it. */
function shown(persistence: Daybook, extra: Extra = {}, settings: SourceSettings = {}) {
  const source = new Source(settings)
  const todos = syncedTodos(persistence, source, extra)
  const live = createLiveQueryCollection((q) => q.from({ todo: todos }))
  const observer = createLiveQueryObserver(live as never, { mode: 'wholesale' })
  opened.push({ cleanup: async () => observer.dispose() }, live, todos)
  const rows = (): unknown => (observer.getSnapshot().data as Todo[]).map(({ id, title }) => ({ id, title }))
  return { source, todos, observer, rows }
}

const fails = {
  throws: () => {
    throw new Error('no source')
  },
  'calls markError': ({ markError }) => markError(new Error('no source')),
  'calls markError later': ({ markError }) => setTimeout(() => markError(new Error('no source')), 1),
} satisfies Record<string, SourceSettings['onStart']>
const ways = Object.entries(fails)

describe("readiness: 'local', the default", () => {
  test('is ready with the rows on disk, also when the source never says anything', async () => {
    const { todos, observer, rows } = shown(open(await synced()))
    expect(observer.getSnapshot()).toMatchObject({ persistedStatus: 'loading', isPersistedReady: false })
    await observer.preloadForInitialRender()
    expect(observer.getSnapshot()).toMatchObject({
      isReady: true,
      persistedStatus: 'ready',
      isPersistedReady: true,
    })
    expect(rows()).toEqual([milk])
    await todos.preload()
    expect(todos.status).toBe('ready')
  })

  test('waits for the source where the disk has no whole collection', async () => {
    const { source, todos, observer } = shown(open())
    let settled = false
    const preloaded = todos.preload().then(() => {
      settled = true
    })
    await eventually(() => source.params !== undefined)
    source.send(insert(milk))
    expect(rowsIn(todos)).toEqual([milk])
    expect(todos.status).toBe('loading')
    expect(observer.getSnapshot()).toMatchObject({ isReady: false, persistedStatus: 'loading' })
    expect(settled).toBe(false)
    source.running.markReady()
    await preloaded
    expect(observer.getSnapshot().persistedStatus).toBe('ready')
  })

  test.each(ways)(
    'stays ready when a source %s; the daybook tells, and tells when it is back',
    async (_, onStart) => {
      const daybook = open(await synced())
      const told: unknown[] = []
      daybook.on('source', (event) => told.push(event))
      const { source, todos } = shown(daybook, {}, { onStart })
      await todos.preload()
      await eventually(() => told.length > 0)
      expect(told).toMatchObject([
        {
          collection: 'todos',
          status: 'failing',
          error: { code: 'DAYBOOK_SOURCE', cause: { message: 'no source' } },
        },
      ])
      expect(todos.status).toBe('ready')
      expect(rowsIn(todos)).toEqual([milk])
      if (source.params === undefined) return
      source.running.markReady()
      expect(told.slice(1)).toEqual([{ collection: 'todos', status: 'recovered' }])
    },
  )

  test.each(ways)(
    'is in error, not ready and empty, when a source %s and nothing is on disk',
    async (_, onStart) => {
      const { todos, observer } = shown(open(), {}, { onStart })
      expect(await failureOf(todos.preload())).toMatchObject({ message: 'no source' })
      expect(todos.status).toBe('error')
      expect(observer.getSnapshot()).toMatchObject({
        isReady: false,
        persistedStatus: 'error',
        isPersistedReady: false,
      })
      expect(observer.getSnapshot().persistedError).toMatchObject({ message: 'no source' })
    },
  )
})

describe("readiness: 'remote'", () => {
  test('has the rows of the disk in memory, and is ready when the source is', async () => {
    const { source, todos, observer, rows } = shown(open(await synced()), { readiness: 'remote' })
    const preloaded = observer.preload()
    await eventually(() => source.params !== undefined)
    expect(todos.status).toBe('loading')
    expect(rowsIn(todos)).toEqual([milk])
    expect(observer.getSnapshot()).toMatchObject({
      isReady: false,
      isPersistedReady: true,
      persistedStatus: 'ready',
    })
    source.send(insert(book))
    source.running.markReady()
    await preloaded
    expect(todos.status).toBe('ready')
    expect(rows()).toEqual([milk, book])
  })

  test.each(ways)('is in error when a source %s, with the rows in memory', async (_, onStart) => {
    const { todos } = shown(open(await synced()), { readiness: 'remote' }, { onStart })
    expect(await failureOf(todos.preload())).toMatchObject({ message: 'no source' })
    expect(todos.status).toBe('error')
    expect(rowsIn(todos)).toEqual([milk])
  })

  test('is ready again when the source recovers', async () => {
    const { source, todos } = shown(
      open(await synced()),
      { readiness: 'remote' },
      { onStart: fails['calls markError'] },
    )
    await failureOf(todos.preload())
    source.send(insert(book))
    source.running.markReady()
    await todos.preload()
    expect(todos.status).toBe('ready')
    expect(rowsIn(todos)).toEqual([milk, book])
  })
})

describe('initialRender: network-first', () => {
  const networkFirst = (networkTimeoutMs: number): Extra => ({
    initialRender: { strategy: 'network-first', networkTimeoutMs },
  })

  test('renders the rows of the source when it is in time', async () => {
    const { source, observer, rows } = shown(open(await synced()), networkFirst(60_000))
    const rendered = observer.preloadForInitialRender()
    await eventually(() => source.params !== undefined)
    expect(observer.isInitialRenderReady()).toBe(false)
    source.send(insert(book))
    source.running.markReady()
    await rendered
    expect(rows()).toEqual([milk, book])
  })

  test('renders the rows on disk when the source is silent for too long', async () => {
    const { source, todos, observer, rows } = shown(open(await synced()), networkFirst(5))
    await observer.preloadForInitialRender()
    expect(observer.isInitialRenderReady()).toBe(true)
    expect(rows()).toEqual([milk])
    expect(todos.status).toBe('loading')
    await eventually(() => source.params !== undefined)
    source.send(insert(book))
    source.running.markReady()
    expect(rows()).toEqual([milk, book])
  })

  test.each(ways)('renders the rows on disk at once when a source %s', async (_, onStart) => {
    const { observer, rows } = shown(open(await synced()), networkFirst(60_000), { onStart })
    await observer.preloadForInitialRender()
    expect(rows()).toEqual([milk])
  })

  test.each(ways)(
    'fails, and does not wait for ever, when a source %s and nothing is on disk',
    async (_, onStart) => {
      const { observer } = shown(open(), networkFirst(5), { onStart })
      expect(await failureOf(observer.preloadForInitialRender())).toBeInstanceOf(Error)
    },
  )
})

describe('a store that fails at the start', () => {
  test('puts the collection in error before its source is entered, and works when it is mended', async () => {
    const file = await synced()
    const { connection, fail } = stubborn(connect(file))
    const { daybook } = daybookOn(connection)
    await daybook.ready
    const { source, todos, observer } = shown(daybook)
    fail('SQLITE_IOERR_READ')
    expect(await failureOf(todos.preload())).toMatchObject({ code: 'DAYBOOK_STORAGE_IO' })
    expect(todos.status).toBe('error')
    expect(observer.getSnapshot()).toMatchObject({ isReady: false, persistedStatus: 'error' })
    expect(source.starts).toBe(0)
    fail(undefined)
    await todos.cleanup()
    await todos.preload()
    expect(rowsIn(todos)).toEqual([milk])
    await daybook.close()
  })

  test('a file that cannot be opened is the error of the collection', async () => {
    const daybook = open('/nowhere/at/all.db')
    const { source, todos } = shown(daybook)
    expect(await failureOf(todos.preload())).toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
    expect(todos.status).toBe('error')
    expect(source.starts).toBe(0)
  })
})

test('the readiness is where TanStack DB looks for it, and says each change once', async () => {
  const daybook = open(await synced())
  const { todos } = shown(daybook)
  expect(PERSISTED_READINESS).toBe(Symbol.for('@tanstack/db.persistedReadiness'))
  const readiness = (
    todos.config as never as Record<
      symbol,
      { getSnapshot(): { status: string }; subscribe: (listener: () => void) => () => void }
    >
  )[PERSISTED_READINESS]!
  const seen: string[] = []
  readiness.subscribe(() => seen.push(readiness.getSnapshot().status))
  await todos.preload()
  await todos.cleanup()
  await todos.preload()
  expect(seen).toEqual(['ready', 'loading', 'ready'])
})
