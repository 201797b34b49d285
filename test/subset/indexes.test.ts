/** Indexes on properties, and that the statements of subsets use them. */

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { Expression, Subset } from '../../src/materializer/subset/subset.js'
import { put } from '../support/arbitraries.js'
import { connect, recording } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { openConnection, sql, transaction } from '../support/open.js'

const ref = (...path: string[]): Expression => ({ type: 'ref', path })
const val = (value: unknown): Expression => ({ type: 'val', value })
const call = (name: string, ...args: Expression[]): Expression => ({ type: 'func', name, args })
const by = (
  path: string,
  direction: 'asc' | 'desc' = 'asc',
  nulls: 'first' | 'last' = 'first',
): NonNullable<Subset['orderBy']> => [
  { expression: ref(path), compareOptions: { direction, nulls, stringSort: 'locale' } },
]

const COUNT = 5000
const day = (n: number): Date => new Date(1_600_000_000_000 + n * 86_400_000)

/** A collection with an index on each property, and what its connection was asked. */
async function prepare(add: readonly string[][] = [['n'], ['id'], ['owner'], ['due'], ['deep', 'x']]) {
  const file = newFile()
  const parameters: (readonly unknown[])[] = []
  let read = 0
  const { connection, statements } = recording(connect(file))
  const { journal, maintenance } = await openConnection({
    ...connection,
    execute(statement, values) {
      parameters.push(values)
      const rows = connection.execute(statement, values) as readonly never[]
      read += rows.length
      return rows
    },
  })
  const rows = Array.from({ length: COUNT }, (_, n) =>
    put('rows', n, { id: n, n: n % 1000, owner: `owner ${n % 50}`, due: day(n), deep: { x: n } }),
  )
  await journal.append(transaction('a', 1, rows))
  await journal.index('rows', { add })
  await journal.query('rows', { limit: 0 })
  /** The keys of a subset, how many rows SQLite handed over for it, and the plans of its statements. */
  const ask = async (subset: Subset) => {
    statements.length = 0
    parameters.length = 0
    read = 0
    const found = (await journal.query('rows', subset)).rows
    const handedOver = read
    const database = new Database(file, { readonly: true })
    const plans = statements.flatMap((text, index) =>
      text.includes('rows_rows') && /^select/i.test(text)
        ? (database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameters[index]!) as { detail: string }[])
        : [],
    )
    database.close()
    return {
      keys: found.map(({ key }) => Number(key)).sort((a, b) => a - b),
      handedOver,
      plans: plans.map(({ detail }) => detail).filter((detail) => /rows_rows/.test(detail)),
    }
  }
  return { file, journal, maintenance, ask, statements }
}

const usesIndex = (plan: string): boolean => /^SEARCH rows_rows USING INDEX daybook_index/.test(plan)

describe('an index', () => {
  test.each<[string, Subset['where'], (n: number) => boolean]>([
    ['an equal number', call('eq', ref('n'), val(7)), (n) => n % 1000 === 7],
    ['an equal text', call('eq', ref('owner'), val('owner 7')), (n) => n % 50 === 7],
    ['an equal date', call('eq', ref('due'), val(day(7))), (n) => n === 7],
    ['a nested property', call('eq', ref('deep', 'x'), val(7)), (n) => n === 7],
    ['a list', call('in', ref('n'), val([7, 8])), (n) => n % 1000 === 7 || n % 1000 === 8],
    [
      'a range of numbers',
      call('and', call('gte', ref('n'), val(5)), call('lt', ref('n'), val(7))),
      (n) => n % 1000 === 5 || n % 1000 === 6,
    ],
    ['a range of dates', call('gt', ref('due'), val(day(COUNT - 3))), (n) => n > COUNT - 3],
    [
      'alternatives',
      call('or', call('eq', ref('n'), val(7)), call('eq', ref('owner'), val('owner 9'))),
      (n) => n % 1000 === 7 || n % 50 === 9,
    ],
  ])('is used for %s', async (_, where, matches) => {
    const { ask, journal } = await prepare()
    const { keys, plans, handedOver } = await ask({ where: where! })
    expect(keys).toEqual(Array.from({ length: COUNT }, (_, n) => n).filter(matches))
    expect(plans.length).toBeGreaterThan(0)
    expect(plans.filter((plan) => !usesIndex(plan))).toEqual([])
    expect(handedOver).toBeLessThan(keys.length + 20)
    await journal.close()
  })

  test.each<[string, Subset, number[]]>([
    ['numbers', { orderBy: by('id'), limit: 3 }, [0, 1, 2]],
    ['dates', { orderBy: by('due'), limit: 3 }, [0, 1, 2]],
    ['dates, newest first', { orderBy: by('due', 'desc'), limit: 3 }, [COUNT - 3, COUNT - 2, COUNT - 1]],
    [
      'a deep page behind a cursor',
      {
        orderBy: by('due'),
        limit: 2,
        cursor: {
          whereFrom: call('gt', ref('due'), val(day(4000))),
          whereCurrent: call('eq', ref('due'), val(day(4000))),
        },
      },
      [4000, 4001, 4002],
    ],
  ])('gives the order of %s without reading the table', async (_, subset, expected) => {
    const { ask, journal } = await prepare()
    const { keys, plans, handedOver } = await ask(subset)
    expect(keys).toEqual(expected)
    expect(handedOver).toBeLessThan(250)
    expect(plans.filter((plan) => !/USING (COVERING )?INDEX daybook_index/.test(plan))).toEqual([])
    await journal.close()
  })

  test('that is there already costs nothing, one that is gone is not used', async () => {
    const { journal, ask, statements } = await prepare()
    statements.length = 0
    await journal.index('rows', { add: [['n'], ['due']], remove: [['no such']] })
    expect(statements.filter((text) => !/^(select|begin|commit)/i.test(text))).toEqual([])
    await journal.index('rows', { remove: [['n']] })
    const { keys, plans } = await ask({ where: call('eq', ref('n'), val(7)) })
    expect(keys).toEqual([7, 1007, 2007, 3007, 4007])
    expect(plans.filter(usesIndex)).toEqual([])
    await journal.close()
  })

  test('on a collection that the log has not mentioned is made with its table, and made again by a rebuild', async () => {
    const file = newFile()
    const { journal, maintenance } = await openConnection(connect(file))
    await journal.index('later', { add: [['n']] })
    const count = () =>
      sql<{ n: number }>(
        file,
        "SELECT count(*) AS n FROM sqlite_master WHERE type = 'index' AND name LIKE 'daybook_index_later%'",
      )[0]!.n
    expect(count()).toBe(0)
    await journal.append(transaction('a', 1, [put('later', 1, { n: 1 })]))
    await journal.query('later')
    expect(count()).toBe(1)
    await maintenance.rebuild()
    expect(count()).toBe(1)
    expect((await maintenance.verify()).findings).toEqual([])
    await journal.close()
  })

  test('on a property that SQL cannot reach is none, and the answer is the same', async () => {
    const { journal, ask } = await prepare([['owner', 'length'], ['we"ird'], ['toString']])
    expect((await ask({ where: call('eq', ref('owner', 'length'), val(7)) })).keys.length).toBe(COUNT / 5)
    await journal.close()
  })
})

describe('a long condition', () => {
  test('of 40,000 values in a list is answered by the index', async () => {
    const { ask, journal } = await prepare()
    const values = Array.from({ length: 40_000 }, (_, n) => n + 990)
    const { keys, plans } = await ask({ where: call('in', ref('n'), val(values)) })
    expect(keys.length).toBe(50)
    expect(plans.filter((plan) => !usesIndex(plan))).toEqual([])
    await journal.close()
  })

  test('of 1,200 alternatives is answered, flat or nested', async () => {
    const { ask, journal } = await prepare()
    const branches = Array.from({ length: 1200 }, (_, n) =>
      call(
        n % 2 ? 'eq' : 'gt',
        ref(n % 2 ? 'n' : 'deep', ...(n % 2 ? [] : ['x'])),
        val(n % 2 ? n : 4990 + n),
      ),
    )
    const flat = await ask({ where: call('or', ...branches) })
    const nested = await ask({ where: branches.reduce((left, right) => call('or', left, right)) })
    expect(nested.keys).toEqual(flat.keys)
    const wanted = Array.from({ length: COUNT }, (_, n) => n).filter((n) => (n % 1000) % 2 === 1 || n > 4990)
    expect(flat.keys).toEqual(wanted)
    await journal.close()
  })
})
