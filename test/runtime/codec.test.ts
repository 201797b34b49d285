/** A page loads the code for values that are more than JSON when it meets the first: nothing is lost or overtaken. */

import { createCollection } from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { deferred } from '../../src/runtime/deferred.js'
import * as fullCodec from '../../src/runtime/full-codec.js'
import { connect } from '../support/connections.js'
import { daybookOn, type TestDaybook } from '../support/daybook.js'
import { insert, Source, syncedTodos, update } from '../synced/source.js'
import { eventually, failureOf, newFile, open, rowsIn, rowsOf } from './fixture.js'

const at = new Date(7)

/** A daybook whose codec comes when the test lets it. */
function page(file = newFile()): TestDaybook & {
  readonly file: string
  readonly requests: () => number
  come(): void
  fail(error: Error): void
} {
  let requests = 0
  let coming = deferred<typeof fullCodec>()
  const made = daybookOn(connect(file), undefined, undefined, () => {
    requests++
    coming = deferred()
    return coming.promise
  })
  return {
    ...made,
    file,
    requests: () => requests,
    come: () => coming.resolve(fullCodec),
    fail: (error) => coming.reject(error),
  }
}

describe('writing', () => {
  test('rows that are JSON need nothing', async () => {
    const { daybook, requests } = page()
    const rows = rowsOf(daybook)
    await rows.insert({ id: 1, title: 'Buy milk', tags: ['a', null] }).isPersisted.promise
    await rows.update(1, (row) => {
      row.title = 'Buy oat milk'
    }).isPersisted.promise
    expect(rowsIn(rows)).toEqual([{ id: 1, title: 'Buy oat milk', tags: ['a', null] }])
    expect(requests()).toBe(0)
    await daybook.close()
  })

  test('another row waits for its code, and what comes behind it stays behind it', async () => {
    const { daybook, requests, come } = page()
    const rows = rowsOf(daybook)
    await rows.preload()
    const first = rows.insert({ id: 1, at })
    const second = rows.update(1, (row) => {
      row.title = 'behind'
    })
    await eventually(() => requests() === 1)
    const third = daybook.write([{ op: 'put', collection: 'other', key: 1, value: { id: 1 } }])
    expect(await daybook.head()).toMatchObject({ seq: 1 })
    come()
    await Promise.all([first.isPersisted.promise, second.isPersisted.promise, third])
    expect(rowsIn(rows)).toEqual([{ id: 1, at, title: 'behind' }])
    const ops: unknown[] = []
    for await (const entry of daybook.entries()) ops.push(...entry.ops.map(({ op }) => op))
    expect(ops).toEqual(['put', 'patch', 'put'])
    expect(requests()).toBe(1)
    await daybook.close()
  })

  test('when its code cannot be loaded it is refused, what waited behind it is kept, and the next one tries again', async () => {
    const { daybook, requests, come, fail } = page()
    const rows = rowsOf(daybook)
    await rows.preload()
    const refused = rows.insert({ id: 1, at }).isPersisted.promise
    const kept = rows.insert({ id: 2 }).isPersisted.promise
    await eventually(() => requests() === 1)
    fail(new Error('no network'))
    expect(await failureOf(refused)).toMatchObject({ message: 'no network' })
    await kept
    expect(rowsIn(rows)).toEqual([{ id: 2 }])
    const again = rows.insert({ id: 1, at }).isPersisted.promise
    await eventually(() => requests() === 2)
    come()
    await again
    expect(rowsIn(rows)).toEqual([{ id: 1, at }, { id: 2 }])
    await daybook.close()
  })
})

describe('reading', () => {
  test('rows on disk wait for their code', async () => {
    const { daybook, file, requests, come } = page()
    await rowsOf(open(file)).insert({ id: 1, at }).isPersisted.promise
    const rows = rowsOf(daybook)
    const loading = rows.preload()
    await eventually(() => requests() === 1)
    expect(rows.status).toBe('loading')
    come()
    await loading
    expect(rowsIn(rows)).toEqual([{ id: 1, at }])
    await daybook.close()
  })

  test('without their code the collection is in error', async () => {
    const { daybook, file, requests, fail } = page()
    await rowsOf(open(file)).insert({ id: 1, at }).isPersisted.promise
    const rows = rowsOf(daybook)
    const loading = rows.preload()
    await eventually(() => requests() === 1)
    fail(new Error('no network'))
    expect(await failureOf(loading)).toBeInstanceOf(Error)
    expect(rows.status).toBe('error')
    await daybook.close()
  })

  test('a row that another context writes is shown when its code is there, with all that follows', async () => {
    const { daybook, clock, file, requests, come } = page()
    const rows = rowsOf(daybook)
    await rows.insert({ id: 1 }).isPersisted.promise
    const others = rowsOf(open(file))
    await others.insert({ id: 2, at }).isPersisted.promise
    await others.insert({ id: 3 }).isPersisted.promise
    await eventually(async () => {
      await clock.advance(1000)
      return requests() === 1
    })
    expect(rowsIn(rows)).toEqual([{ id: 1 }])
    come()
    await eventually(() => rows.size === 3)
    expect(rowsIn(rows)).toEqual([{ id: 1 }, { id: 2, at }, { id: 3 }])
    await daybook.close()
  })

  test('so are subsets', async () => {
    const { daybook, file, requests, come } = page()
    await rowsOf(open(file)).insert({ id: 1, at }).isPersisted.promise
    const rows = createCollection(
      persistedCollectionOptions({
        id: 'rows',
        persistence: daybook,
        getKey: (row: { id: number; at?: Date }) => row.id,
        syncMode: 'on-demand',
      }),
    )
    await rows.preload()
    const loading = rows._sync.loadSubset({})
    await eventually(() => requests() === 1)
    come()
    await loading
    expect(rowsIn(rows)).toEqual([{ id: 1, at }])
    await daybook.close()
  })
})

describe('a synced collection', () => {
  const todo = { id: 1, title: 'a' }

  test('is kept without it while its rows are JSON', async () => {
    const { daybook, requests } = page()
    const source = new Source({ onStart: ({ markReady }) => markReady() })
    const todos = syncedTodos(daybook, source)
    await todos.preload()
    await eventually(() => source.params !== undefined)
    source.send(insert(todo))
    source.send(update({ id: 1, title: 'b' }))
    await eventually(
      async () => (await daybook.journal.query('todos')).rows[0]?.value.includes('"b"') === true,
    )
    expect(requests()).toBe(0)
    await daybook.close()
  })

  test('goes on in memory while its code is on the way, and what others write meanwhile is under it', async () => {
    const { daybook, clock, file, requests, come } = page()
    const source = new Source({ onStart: ({ markReady }) => markReady() })
    const todos = syncedTodos(daybook, source)
    await todos.preload()
    await eventually(() => source.params !== undefined)
    const rich = { id: 1, title: 'a', note: undefined } as never
    source.send(insert(rich))
    source.send(insert({ id: 2, title: 'behind' }))
    expect(rowsIn(todos)).toEqual([rich, { id: 2, title: 'behind' }])
    await eventually(() => requests() === 1)
    await open(file).write([
      { op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'of another' } },
      { op: 'put', collection: 'todos', key: 3, value: { id: 3, title: 'of another' } },
    ])
    for (let n = 0; n < 10; n++) await clock.advance(1000)
    come()
    await eventually(async () => (await daybook.journal.query('todos')).rows.length === 3 && todos.size === 3)
    const expected = [rich, { id: 2, title: 'behind' }, { id: 3, title: 'of another' }]
    expect(rowsIn(todos)).toEqual(expected)
    await daybook.close()
    const again = syncedTodos(open(file), new Source())
    again.startSyncImmediate()
    await eventually(() => again.size === 3)
    expect(rowsIn(again)).toEqual(expected)
  })
})
