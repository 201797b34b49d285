/** M2 (rows = fold of the log), M3 (again changes nothing), M4 (a read is at the head), M5 (what each op does). */

import { describe, expect, test } from 'vitest'
import type { Op } from '../../src/log/op.js'
import { post } from '../../src/materializer/post.js'
import { anyOps, put } from '../support/arbitraries.js'
import { asynchronous, connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { dumpRows } from '../support/model.js'
import { openConnection, openFile, type Session, sql, transaction } from '../support/open.js'

const patch = (collection: string, key: string | number, fields: object, unset?: string[]): Op => ({
  op: 'patch',
  collection,
  key,
  fields,
  ...(unset && { unset }),
})
const remove = (collection: string, key: string | number): Op => ({ op: 'delete', collection, key })
const meta = (collection: string, key: string | number, value: unknown): Op => ({
  op: 'meta',
  collection,
  key,
  value,
})

/** Appends the transactions in order, with one way of posting, and answers with what the tables hold. */
async function tablesOf(
  transactions: readonly (readonly Op[])[],
  way: { readonly batches: readonly number[]; readonly late?: boolean; readonly rebuild?: boolean },
): Promise<string> {
  const file = newFile()
  const connection = connect(file)
  const session = await openConnection(way.late ? asynchronous(connection) : connection)
  for (const [index, ops] of transactions.entries()) {
    await session.journal.append(transaction('maker', index + 1, ops))
    const batch = way.batches[index % Math.max(1, way.batches.length)] ?? 0
    if (batch > 0) await session.journal.maintain(() => post(batch))
  }
  await session.journal.query('todos')
  if (way.rebuild) await session.maintenance.rebuild()
  const dump = dumpRows(file).replaceAll(/opener-\d+/g, 'opener')
  await session.driver.close()
  removeFile(file)
  return dump
}

describe('the row tables', () => {
  test('are the fold of the log, to the byte, whatever the batches, the driver, or whether they were rebuilt', async () => {
    await check(
      fc.asyncProperty(
        fc.array(anyOps, { maxLength: 10 }),
        fc.array(fc.nat({ max: 3 }), { maxLength: 5 }),
        async (transactions, batches) => {
          const atOnce = await tablesOf(transactions, { batches: [] })
          expect(await tablesOf(transactions, { batches })).toBe(atOnce)
          expect(await tablesOf(transactions, { batches: [1] })).toBe(atOnce)
          expect(await tablesOf(transactions, { batches, rebuild: true })).toBe(atOnce)
          expect(await tablesOf(transactions, { batches, late: true })).toBe(atOnce)
        },
      ),
      50,
    )
  })

  test('mean what a Map means', async () => {
    await check(
      fc.asyncProperty(fc.array(fc.tuple(anyOps, fc.boolean()), { maxLength: 15 }), async (steps) => {
        const file = newFile()
        const session = await openConnection(connect(file))
        const history = new History()
        for (const [ops, read] of steps) {
          const position = await history.send(session, history.make(ops))
          if (read) expect((await session.journal.query('todos')).at).toEqual(position)
        }
        await checkDatabase(session, history)
        const before = dumpRows(file)
        await session.maintenance.rebuild()
        expect(dumpRows(file)).toBe(before)
        await session.journal.close()
        removeFile(file)
      }),
      150,
    )
  })

  test('are the same when an entry has more rows than are held at a time', async () => {
    const ops: Op[] = Array.from({ length: 45_000 }, (_, n) => put('todos', n % 30_000, { n }))
    ops.splice(22_000, 0, { op: 'truncate', collection: 'todos' })
    ops.push(patch('todos', 29_999, { last: true }), remove('todos', 0))
    const session = await openConnection(connect(newFile()))
    const history = new History()
    await history.send(session, history.make(ops))
    await checkDatabase(session, history)
    await session.journal.close()
  })
})

describe('posting', () => {
  test('again changes nothing', async () => {
    const file = newFile()
    const session = await openConnection(connect(file))
    await session.journal.append(transaction('a', 1, [put('todos', 1, { n: 1 }), meta('todos', 1, 'm')]))
    await session.journal.append(transaction('a', 2, [patch('todos', 1, { n: 2 })]))
    await session.journal.query('todos')
    const before = dumpRows(file)
    for (let time = 0; time < 3; time++) expect(await session.journal.maintain(() => post(500))).toBe(0)
    expect(dumpRows(file)).toBe(before)
    await session.journal.close()
  })

  test('happens in the background a moment after an append, and when the journal is closed', async () => {
    const file = newFile()
    const session = await openConnection(connect(file))
    const cursor = (): unknown => sql(file, 'SELECT seq FROM daybook_cursor')[0]
    await session.journal.append(transaction('a', 1, []))
    expect(cursor()).toEqual({ seq: 0 })
    await session.clock.advance(200)
    expect(cursor()).toEqual({ seq: 2 })
    expect(session.clock.pending).toBe(0)
    await session.journal.append(transaction('a', 2, []))
    await session.journal.close()
    expect(cursor()).toEqual({ seq: 3 })
  })

  test('goes on in small batches, with room for appends between two of them', async () => {
    const file = newFile()
    const session = await openConnection(connect(file))
    const appended: Promise<unknown>[] = []
    for (let n = 1; n <= 3000; n++) appended.push(session.journal.append(transaction('a', n, [])))
    await Promise.all(appended)
    const cursors: number[] = []
    for (let time = 0; time < 10; time++) {
      await session.clock.next()
      cursors.push(sql<{ seq: number }>(file, 'SELECT seq FROM daybook_cursor')[0]!.seq)
    }
    expect(cursors.slice(0, 5)).toEqual([100, 300, 700, 1200, 1700])
    expect(cursors.at(-1)).toBe(3001)
    await session.journal.close()
  })

  test('of a key that was written a thousand times writes it once', async () => {
    let puts = 0
    const real = connect(newFile())
    const session = await openConnection({
      ...real,
      execute(statement, parameters) {
        if (statement.sql.startsWith('insert into "rows_todos"')) puts++
        return real.execute(statement, parameters)
      },
    })
    for (let n = 1; n <= 1000; n++) void session.journal.append(transaction('a', n, [put('todos', 1, { n })]))
    await session.journal.head()
    await session.journal.query('todos')
    expect(puts).toBe(1)
    await session.journal.close()
  })
})

describe('a query', () => {
  test('is at the head, right after appends of this journal and of another one', async () => {
    const file = newFile()
    const sessions = [await openFile(file), await openFile(file)] as const
    for (let n = 1; n <= 10; n++) {
      const position = await sessions[n % 2]!.journal.append(
        transaction(`a${n % 2}`, n, [put('todos', n, { n })]),
      )
      for (const { journal } of sessions) {
        const { rows, at } = await journal.query('todos')
        expect(at).toEqual(position)
        expect(rows.length).toBe(n)
        expect(Math.max(...rows.map(({ seq }) => seq))).toBe(position.seq)
      }
    }
    for (const { journal } of sessions) await journal.close()
  })

  test('writes nothing when nothing was appended', async () => {
    const file = newFile()
    const session = await openFile(file)
    await session.journal.append(transaction('a', 1, [put('todos', 1, {})]))
    await session.journal.query('todos')
    const token = await session.driver.changeToken!()
    const other = connect(file)
    const before = await other.changeToken!()
    for (let time = 0; time < 5; time++) {
      await session.journal.query('todos')
      await session.journal.query('nobody has written this')
      await session.journal.read({ term: 0, seq: 0 })
      await session.journal.head()
      await session.clock.advance(1000)
    }
    expect(await session.driver.changeToken!()).toBe(token)
    expect(await other.changeToken!()).toBe(before)
    await other.close()
    await session.journal.close()
  })

  test('of an unknown collection is empty and registers nothing', async () => {
    const session = await openFile(newFile())
    expect((await session.journal.query('nowhere')).rows).toEqual([])
    expect(await session.maintenance.collections()).toEqual([])
    await session.journal.close()
  })
})

describe('an op', () => {
  const rows = async (session: Session): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      (await session.journal.query('t')).rows.map(({ key, value, metadata }) => [
        key,
        metadata === null ? JSON.parse(value) : [JSON.parse(value), JSON.parse(metadata)],
      ]),
    )

  /** Each list of ops is an entry; posted entry by entry, and all at once. */
  const examples: [string, Op[][], object][] = [
    [
      'put replaces all of the value',
      [[put('t', 1, { a: 1, b: 1 })], [put('t', 1, { c: 1 })]],
      { 1: { c: 1 } },
    ],
    [
      'put keeps the metadata',
      [[put('t', 1, {}), meta('t', 1, 'm')], [put('t', 1, { a: 1 })]],
      { 1: [{ a: 1 }, 'm'] },
    ],
    [
      'put after delete has no metadata left',
      [
        [put('t', 1, {}), meta('t', 1, 'm')],
        [remove('t', 1), put('t', 1, {})],
      ],
      { 1: {} },
    ],
    [
      '1 and "1" are two keys',
      [[put('t', 1, { n: 1 })], [put('t', '1', { n: 2 })]],
      { 1: { n: 1 }, '"1"': { n: 2 } },
    ],
    ['-0 is the key 0', [[put('t', -0, { n: 1 })], [patch('t', 0, { m: 1 })]], { 0: { n: 1, m: 1 } }],
    [
      'patches of two tabs to different fields both win',
      [[put('t', 1, { a: 1, b: 1 })], [patch('t', 1, { a: 2 })], [patch('t', 1, { b: 3 })]],
      { 1: { a: 2, b: 3 } },
    ],
    [
      'patch replaces a field as a whole',
      [[put('t', 1, { a: { x: 1, y: 1 } })], [patch('t', 1, { a: { x: 2 } })]],
      { 1: { a: { x: 2 } } },
    ],
    ['patch unsets', [[put('t', 1, { a: 1, b: 1 })], [patch('t', 1, {}, ['a', 'nothing'])]], { 1: { b: 1 } }],
    [
      'patch keeps the metadata',
      [[put('t', 1, {}), meta('t', 1, 0)], [patch('t', 1, { a: 1 })]],
      { 1: [{ a: 1 }, 0] },
    ],
    ['patch of no row brings none back', [[patch('t', 1, { a: 1 })], [put('t', 2, {})]], { 2: {} }],
    [
      'patch after delete brings nothing back',
      [[put('t', 1, {})], [remove('t', 1)], [patch('t', 1, { a: 1 })]],
      {},
    ],
    ['delete of no row does nothing', [[remove('t', 1)], [put('t', 2, {})]], { 2: {} }],
    [
      'meta of no row does nothing, also for a later one',
      [[meta('t', 1, 'm')], [put('t', 1, {})]],
      { 1: {} },
    ],
    ['meta undefined clears', [[put('t', 1, {}), meta('t', 1, 'm')], [meta('t', 1, undefined)]], { 1: {} }],
    [
      'truncate empties',
      [[put('t', 1, {})], [put('t', 2, {}), { op: 'truncate', collection: 't' }, put('t', 3, {})]],
      { 3: {} },
    ],
    [
      'truncate forgets the metadata of the rows',
      [
        [put('t', 1, {}), meta('t', 1, 'm')],
        [{ op: 'truncate', collection: 't' }, put('t', 1, {})],
      ],
      { 1: {} },
    ],
    [
      'reset forgets the collection',
      [
        [put('t', 1, {}), { op: 'state', collection: 't', name: 'n', value: 1 }],
        [{ op: 'reset', collection: 't' }],
      ],
      {},
    ],
    ['reset, then rows', [[put('t', 1, {})], [{ op: 'reset', collection: 't' }, put('t', 2, {})]], { 2: {} }],
    [
      'a field named __proto__ is a field',
      [
        [put('t', 1, JSON.parse('{"__proto__":1}') as object)],
        [patch('t', 1, JSON.parse('{"__proto__":2}') as object)],
      ],
      { 1: JSON.parse('{"__proto__":2}') },
    ],
  ]

  test.each(examples)('%s', async (_, entries, expected) => {
    const stepwise = await openConnection(connect(newFile()))
    const atOnce = await openConnection(connect(newFile()))
    for (const [index, ops] of entries.entries()) {
      await stepwise.journal.append(transaction('a', index + 1, ops))
      await stepwise.journal.query('t')
      await atOnce.journal.append(transaction('a', index + 1, ops))
    }
    expect(await rows(stepwise)).toEqual(expected)
    expect(await rows(atOnce)).toEqual(expected)
    for (const { journal } of [stepwise, atOnce]) await journal.close()
  })

  test('puts, patches and metadata carry what JSON cannot say, and patches leave the rest of it alone', async () => {
    const session = await openConnection(connect(newFile()))
    const history = new History()
    const at = new Date(1234)
    for (const ops of [
      [put('t', 1, { at, big: 5n, list: [undefined, -0], 'x.y': new Map([['at', at]]) })],
      [patch('t', 1, { big: 'no more' })],
      [patch('t', 1, { list: [1n] }, ['at']), meta('t', 1, { since: at })],
      [patch('t', 1, { at: 'text now', 'x.y': 1 })],
      [put('t', 1, { big: 'text' }), patch('t', 1, { undefined: 5n })],
      [patch('t', 1, { other: 1 }, ['undefined'])],
    ]) {
      await history.send(session, history.make(ops))
      await checkDatabase(session, history)
    }
    await session.maintenance.rebuild()
    await checkDatabase(session, history)
    await session.journal.close()
  })
})
