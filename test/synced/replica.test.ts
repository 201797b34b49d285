/** A synced collection on disk: what its source commits is kept, and shown at the next start before the source is. */

import { describe, expect, test } from 'vitest'
import { eventually, newFile, open, rowsIn, transactionsIn } from '../runtime/fixture.js'
import { insert, remove, Source, syncedTodos, update } from './source.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }

describe('a source that commits', () => {
  test('has its rows in memory at once, and in the log as one entry a transaction', async () => {
    const file = newFile()
    const daybook = open(file)
    const source = new Source()
    const todos = syncedTodos(daybook, source)
    todos.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    expect(source.send(insert(milk), insert(book))).toBe(true)
    expect(rowsIn(todos)).toEqual([milk, book])
    source.send(update({ id: 1, title: 'Buy oat milk' }), remove(2))
    source.running.markReady()
    await todos.preload()
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'Buy oat milk' }])
    await todos.cleanup()
    await daybook.close()
    const entries = await transactionsIn(open(file))
    expect(entries.map(({ ops }) => ops.map(({ op }) => op))).toEqual([
      ['put', 'put', 'state'],
      ['patch', 'delete', 'state'],
    ])
  })

  test('finds its rows and its metadata again at the next start, before it is entered', async () => {
    const file = newFile()
    const first = open(file)
    const source = new Source()
    const todos = syncedTodos(first, source)
    todos.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    source.transaction(({ write, metadata }) => {
      write({ ...insert(milk), metadata: { etag: 'a' } })
      metadata?.collection.set('cursor', 7)
    })
    source.running.markReady()
    await todos.cleanup()
    await first.close()

    const second = open(file)
    const found: unknown[] = []
    const next = new Source({
      onStart: ({ collection, metadata }) => {
        found.push(rowsIn(collection as never), metadata?.collection.get('cursor'), metadata?.row.get(1))
        found.push(metadata?.collection.list())
      },
    })
    const again = syncedTodos(second, next)
    await again.preload()
    expect(again.status).toBe('ready')
    expect(rowsIn(again)).toEqual([milk])
    await eventually(() => next.params !== undefined)
    expect(found).toEqual([[milk], 7, { etag: 'a' }, [{ key: 'cursor', value: 7 }]])
  })

  test('that never was ready is waited for', async () => {
    const file = newFile()
    const first = open(file)
    const source = new Source()
    const todos = syncedTodos(first, source)
    todos.startSyncImmediate()
    await eventually(() => source.params !== undefined)
    source.send(insert(milk))
    await todos.cleanup()
    await first.close()

    const next = new Source()
    const again = syncedTodos(open(file), next)
    const preloaded = again.preload()
    await eventually(() => next.params !== undefined)
    expect(again.status).toBe('loading')
    next.running.markReady()
    await preloaded
    expect(rowsIn(again)).toEqual([milk])
  })

  test('that inserts all its rows again at every start changes those that changed', async () => {
    const file = newFile()
    const start = async (...rows: Parameters<typeof insert>[0][]) => {
      const daybook = open(file)
      const source = new Source()
      const todos = syncedTodos(daybook, source)
      todos.startSyncImmediate()
      await eventually(() => source.params !== undefined)
      source.send(...rows.map((row) => insert({ ...row })))
      source.running.markReady()
      const shown = rowsIn(todos)
      await todos.cleanup()
      await daybook.close()
      return shown
    }
    await start(milk, book)
    const oats = { id: 1, title: 'Buy oat milk' }
    expect(await start(oats, book)).toEqual([oats, book])
    const entries = await transactionsIn(open(file))
    expect(entries.at(-1)?.ops).toMatchObject([{ op: 'patch', key: 1, fields: { title: 'Buy oat milk' } }])
  })
})
