/** A page shows rows that are JSON before it has the code for anything else: nothing is lost or overtaken meanwhile. */

import { createCollection } from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { deferred } from '../../src/runtime/deferred.js'
import * as later from '../../src/runtime/later.js'
import { connect } from '../support/connections.js'
import { daybookOn, type TestDaybook } from '../support/daybook.js'
import { insert, Source, syncedTodos } from '../synced/source.js'
import { eventually, failureOf, newFile, open, rowsIn, rowsOf } from './fixture.js'

const at = new Date(7)

/** A daybook whose later code comes when the test lets it. */
function page(file = newFile()): TestDaybook & {
  readonly file: string
  readonly requests: () => number
  come(): void
  fail(error: Error): void
} {
  let requests = 0
  let coming = deferred<typeof later>()
  const made = daybookOn(connect(file), undefined, undefined, () => {
    requests++
    coming = deferred()
    return coming.promise
  })
  return {
    ...made,
    file,
    requests: () => requests,
    come: () => coming.resolve(later),
    fail: (error) => coming.reject(error),
  }
}

describe('writing', () => {
  test('waits for its code, in the order in which it was asked for', async () => {
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
    expect(rowsIn(rows)).toEqual([{ id: 1, at, title: 'behind' }])
    come()
    await Promise.all([first.isPersisted.promise, second.isPersisted.promise, third])
    expect(rowsIn(rows)).toEqual([{ id: 1, at, title: 'behind' }])
    const ops: unknown[] = []
    for await (const entry of daybook.entries()) ops.push(...entry.ops.map(({ op }) => op))
    expect(ops).toEqual(['put', 'patch', 'put'])
    expect(requests()).toBe(1)
    await daybook.close()
  })

  test('when its code cannot be loaded it is refused, and the next one tries again', async () => {
    const { daybook, requests, come, fail } = page()
    const rows = rowsOf(daybook)
    await rows.preload()
    const refused = [rows.insert({ id: 1, at }), rows.insert({ id: 2 })].map((each) =>
      failureOf(each.isPersisted.promise),
    )
    await eventually(() => requests() === 1)
    fail(new Error('no network'))
    for (const failure of refused) expect(await failure).toMatchObject({ message: 'no network' })
    expect(rowsIn(rows)).toEqual([])
    const again = rows.insert({ id: 1, at }).isPersisted.promise
    await eventually(() => requests() === 2)
    come()
    await again
    expect(rowsIn(rows)).toEqual([{ id: 1, at }])
    await daybook.close()
  })
})

describe('reading', () => {
  test('rows that are JSON need nothing', async () => {
    const { daybook, file, requests } = page()
    await rowsOf(open(file)).insert({ id: 1, tags: ['a', null] }).isPersisted.promise
    const rows = rowsOf(daybook)
    await rows.preload()
    expect(rowsIn(rows)).toEqual([{ id: 1, tags: ['a', null] }])
    expect(requests()).toBe(0)
    await daybook.close()
  })

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
    await rows.preload()
    const others = rowsOf(open(file))
    await others.insert({ id: 1 }).isPersisted.promise
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

  test('starts when it is there', async () => {
    const { daybook, requests, come } = page()
    const source = new Source({ onStart: ({ markReady }) => markReady() })
    const todos = syncedTodos(daybook, source)
    const loading = todos.preload()
    await eventually(() => requests() === 1)
    expect(todos.status).toBe('loading')
    expect(source.params).toBeUndefined()
    come()
    await loading
    await eventually(() => source.params !== undefined)
    source.send(insert(todo))
    await eventually(async () => (await daybook.journal.query('todos')).rows.length === 1)
    await daybook.close()
  })

  test('is in error without it', async () => {
    const { daybook, requests, fail } = page()
    const todos = syncedTodos(daybook, new Source())
    const loading = todos.preload()
    await eventually(() => requests() === 1)
    fail(new Error('no network'))
    expect(await failureOf(loading)).toBeInstanceOf(Error)
    expect(todos.status).toBe('error')
    await daybook.close()
  })
})
