/**
 * A property: whatever is asked for, a subset is exactly what TanStack's evaluator and comparator find over all rows:
 * random rows of every kind of value, random expressions, orders, pages and indexes.
 */

import { compileSingleRowExpression, makeComparator, toBooleanPredicate } from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import type { Program } from '../../src/drivers/program.js'
import type { Op } from '../../src/log/op.js'
import { findRowTable } from '../../src/materializer/registry.js'
import { answer } from '../../src/materializer/subset/answer.js'
import type { Expression, OrderTerm, Subset } from '../../src/materializer/subset/subset.js'
import type { StoredRow } from '../../src/materializer/tables.js'
import { put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openConnection, transaction } from '../support/open.js'

const PATHS = [
  ['a'],
  ['b'],
  ['0'],
  ['length'],
  ['weird"name'],
  ['ü'],
  ['toString'],
  ['o'],
  ['o', 'x'],
  ['o', 'length'],
  ['o', '0'],
  ['o', 'y', 'z'],
  ['missing'],
  ['$key'],
] as const

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'ä',
    'Ä',
    'z',
    '5',
    '-1',
    '0x10',
    ' 7 ',
    '1e3',
    'a%',
    'a_b',
    '\u0000',
    '\u0001~',
    '\u0002',
  ),
  fc.constantFrom(
    '{',
    '[',
    '[object Object]',
    '1,2',
    '\ud83d\ude00',
    '\uffff',
    '\ud800',
    '2024-01-01',
    'NaN',
  ),
  fc.constantFrom('1970-01-01T00:00:00.000Z', '\u00011970-01-01T00:00:00.000Z', 'true', 'null'),
  fc.string({ maxLength: 3, unit: 'grapheme' }),
)
const number = fc.oneof(
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(
    -0,
    0.1,
    0.3,
    1.5,
    1e21,
    2 ** 53,
    2 ** 53 + 2,
    Number.NaN,
    Infinity,
    -Infinity,
    5e-324,
    1e308,
  ),
  fc.double({ noNaN: true }),
)
const date = fc
  .oneof(
    fc.constantFrom(0, 5, -1, 1e12, 253402300800000, -62167219200001, Number.NaN, 16),
    fc.integer({ min: -8.64e15, max: 8.64e15 }),
  )
  .map((time) => new Date(time))
const scalar = fc.oneof(
  text,
  number,
  date,
  fc.boolean(),
  fc.constantFrom(null, undefined, 5n, 2n ** 70n, -1n),
)
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(new Uint8Array([1]), new Map([[1, 2]]), new Set([1]), /x/) },
)
const nested = fc.oneof(
  value,
  fc.record(
    { x: scalar, length: scalar, 0: scalar, y: fc.oneof(scalar, fc.record({ z: scalar })) },
    { requiredKeys: [], noNullPrototype: true },
  ),
)
const row = fc.record(
  {
    a: value,
    b: scalar,
    o: nested,
    0: scalar,
    length: scalar,
    'weird"name': scalar,
    ü: scalar,
    toString: scalar,
  },
  { requiredKeys: [], noNullPrototype: true },
)

const ref: fc.Arbitrary<Expression> = fc
  .constantFrom(...PATHS)
  .map((path) => ({ type: 'ref', path: [...path] }))
const val = (of: fc.Arbitrary<unknown>): fc.Arbitrary<Expression> =>
  of.map((each) => ({ type: 'val', value: each }))
const func = (name: string, ...args: fc.Arbitrary<Expression>[]): fc.Arbitrary<Expression> =>
  fc.tuple(...args).map((each) => ({ type: 'func', name, args: each }))

const { condition } = fc.letrec<{ operand: Expression; condition: Expression }>((tie) => ({
  operand: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'operand' },
    { weight: 6, arbitrary: ref },
    { weight: 4, arbitrary: val(value) },
    ...['upper', 'lower', 'length', 'date', 'datetime'].map((name) => func(name, tie('operand'))),
    ...['add', 'subtract', 'multiply', 'divide', 'concat', 'coalesce'].map((name) =>
      func(name, tie('operand'), tie('operand')),
    ),
    func('strftime', val(fc.constantFrom('%Y-%m-%d', '%Y')), tie('operand')),
    func('caseWhen', tie('condition'), tie('operand'), tie('operand')),
  ),
  condition: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'condition' },
    ...['eq', 'gt', 'gte', 'lt', 'lte'].flatMap((name) => [
      { weight: 3, arbitrary: func(name, ref, val(scalar)) },
      { weight: 1, arbitrary: func(name, val(scalar), ref) },
      { weight: 1, arbitrary: func(name, tie('operand'), tie('operand')) },
    ]),
    { weight: 3, arbitrary: func('in', ref, val(fc.array(scalar, { maxLength: 4 }))) },
    { weight: 1, arbitrary: func('in', val(scalar), ref) },
    { weight: 1, arbitrary: func('like', tie('operand'), val(text)) },
    { weight: 1, arbitrary: func('ilike', tie('operand'), val(text)) },
    { weight: 1, arbitrary: func('isNull', tie('operand')) },
    { weight: 1, arbitrary: func('isUndefined', tie('operand')) },
    { weight: 2, arbitrary: func('not', tie('condition')) },
    { weight: 3, arbitrary: func('and', tie('condition'), tie('condition')) },
    { weight: 3, arbitrary: func('or', tie('condition'), tie('condition')) },
    { weight: 1, arbitrary: ref },
  ),
}))

const orderTerm: fc.Arbitrary<OrderTerm> = fc.record({
  expression: fc.oneof({ weight: 3, arbitrary: ref }, func('lower', ref), func('length', ref)),
  compareOptions: fc.record({
    direction: fc.constantFrom('asc' as const, 'desc' as const),
    nulls: fc.constantFrom('first' as const, 'last' as const),
    stringSort: fc.constantFrom('locale' as const, 'lexical' as const),
  }),
}) as fc.Arbitrary<OrderTerm>

const subset: fc.Arbitrary<Subset> = fc.record(
  {
    where: condition,
    orderBy: fc.array(orderTerm, { minLength: 1, maxLength: 2 }),
    limit: fc.nat(5),
    offset: fc.nat(3),
    cursor: fc.record({ whereFrom: condition, whereCurrent: condition }),
  },
  { requiredKeys: [], noNullPrototype: true },
)

type Row = Record<string, unknown>

/** What TanStack finds; nothing when it has no answer (it throws, or orders objects by their identity). */
function expected(
  rows: readonly Row[],
  { where, orderBy, limit, offset = 0, cursor }: Subset,
): number[] | undefined {
  const matching = (...conditions: (Expression | undefined)[]): Row[] =>
    rows.filter((each) =>
      conditions.every(
        (one) => one === undefined || toBooleanPredicate(compileSingleRowExpression(one as never)(each)),
      ),
    )
  const first = (found: Row[], count: number | undefined): Row[] => {
    const [term] = orderBy ?? []
    if (count === undefined) return found
    if (term === undefined) return found.slice(0, count)
    const value = compileSingleRowExpression(term.expression as never)
    if (found.some((each) => isUnorderable(value(each)))) throw new Error('ordered by identity')
    const compare = makeComparator(term.compareOptions)
    const sorted = [...found].sort((one, other) => compare(value(one), value(other)))
    if (!isOrder(sorted.map(value), compare)) throw new Error('in no order')
    const last = sorted[count - 1]
    return sorted.filter(
      (each, index) => index < count || (last !== undefined && compare(value(each), value(last)) === 0),
    )
  }
  try {
    const found =
      cursor === undefined
        ? first(matching(where), limit === undefined ? undefined : offset + limit)
        : [...first(matching(where, cursor.whereFrom), limit), ...matching(where, cursor.whereCurrent)]
    return [...new Set(found.map((each) => each.id as number))].sort((one, other) => one - other)
  } catch {
    return undefined
  }
}

/** Mixed types may have none: '' and false are equal, false and ' ' are, '' and ' ' are not. */
const isOrder = (values: readonly unknown[], compare: (a: unknown, b: unknown) => number): boolean =>
  values.every((a) =>
    values.every(
      (b) =>
        compare(a, b) !== 0 || values.every((c) => Math.sign(compare(a, c)) === Math.sign(compare(b, c))),
    ),
  )

const isUnorderable = (one: unknown): boolean =>
  Array.isArray(one)
    ? one.some(isUnorderable)
    : typeof one === 'object' && one !== null && !(one instanceof Date)

describe('a subset', () => {
  test('is what TanStack finds over all rows', async () => {
    await check(
      fc.asyncProperty(
        fc.array(row, { maxLength: 12 }),
        fc.array(subset, { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom(...PATHS), { maxLength: 3 }),
        fc.boolean(),
        fc.constantFrom(1, 2, 3, 5, 2000),
        async (values, subsets, indexes, late, pageRows) => {
          const file = newFile()
          const { journal, driver } = await openConnection(connect(file))
          const rows = values.map((each, id) => ({ ...each, id, $key: id, $collectionId: 'rows' }))
          const ops: Op[] = values.map((each, id) => put('rows', id, { ...each, id }))
          if (!late) await journal.index('rows', { add: indexes })
          await journal.append(transaction('a', 1, ops))
          if (late) await journal.index('rows', { add: indexes })
          for (const asked of subsets) {
            const wanted = expected(rows, asked)
            if (wanted === undefined) continue
            await journal.query('rows', { limit: 0 })
            const found = await driver.transaction('read', () => ask(asked, pageRows))
            expect(found.map(({ key }) => Number(key)).sort((one, other) => one - other)).toEqual(
              // Without an order, any so many rows will do; here it is those that come first by their keys as text.
              asked.orderBy === undefined && (asked.limit !== undefined || asked.cursor !== undefined)
                ? expect.toSatisfy((keys: number[]) => isSome(keys, rows, asked))
                : wanted,
            )
          }
          await journal.close()
          removeFile(file)
        },
      ),
      300,
    )
  })
})

/** As the journal asks, with pages of this size. */
function* ask(subset: Subset, pageRows: number): Program<readonly StoredRow[]> {
  const table = yield* findRowTable('rows')
  return table === undefined ? [] : yield* answer({ collection: 'rows', table }, subset, pageRows)
}

/** Without an order: as many as there should be, of those that match. */
function isSome(keys: readonly number[], rows: readonly Row[], asked: Subset): boolean {
  const { limit: _, offset: __, ...rest } = asked
  const all = expected(rows, rest)!
  const wanted = expected(rows, asked)!
  if (!keys.every((key) => all.includes(key))) return false
  return asked.cursor !== undefined || keys.length === wanted.length
}
