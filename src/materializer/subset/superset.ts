/**
 * A condition as SQL that lets every row pass for which TanStack's evaluator says true, and perhaps others: they are
 * filtered exactly afterwards. What cannot be said for certain is left out.
 *
 * Three facts of the evaluator shape this: values of different types compare as JavaScript compares them (a text with a
 * number by its numeric value), `gte` and `lte` are true for values that cannot be compared at all, and a Date equals its
 * time as a number. So a comparison restricts only values of the literal's own type, and lets all others pass.
 */

import { type RawBuilder, sql } from 'kysely'
import { encodeKey } from '../../values/key.js'
import { ABOVE_DATES, columnOf, DATE, UNKNOWN } from './column.js'
import { type Expression, pathOf } from './subset.js'

export type Condition = RawBuilder<unknown>

const NEVER = sql`0`

/** Rows of which all conditions may be true; nothing when that is every row. */
export const supersetOfAll = (conditions: readonly Expression[]): Condition | undefined =>
  joined(conditions.map(supersetOf).filter(isKnown), 'AND')

function supersetOf(where: Expression): Condition | undefined {
  return where.type === 'func' ? functionOf(where) : undefined
}

type Func = Extract<Expression, { type: 'func' }>

function functionOf({ name, args }: Func): Condition | undefined {
  switch (name) {
    case 'and':
      return joined(args.map(supersetOf).filter(isKnown), 'AND')
    case 'or':
      return alternatives(args)
    case 'eq':
      return keyIn(args[0], [args[1]]) ?? comparison(args, (column, value) => oneOf(column, [value]))
    case 'in':
      return (
        keyIn(args[0], listOf(args[1])) ??
        comparison(args, (column, values) => (Array.isArray(values) ? oneOf(column, values) : undefined))
      )
    case 'gt':
    case 'gte':
      return comparison(args, above, below)
    case 'lt':
    case 'lte':
      return comparison(args, below, above)
    default:
      return undefined
  }
}

type Comparison = (column: Condition, value: unknown) => Condition | undefined

/** `swapped`: what it is when the literal comes first; `in` has a list there, and no other way round. */
function comparison(
  [left, right]: readonly Expression[],
  compare: Comparison,
  swapped?: Comparison,
): Condition | undefined {
  if (left?.type === 'ref' && right?.type === 'val') {
    const column = columnOf(pathOf(left))
    return column && compare(column, right.value)
  }
  if (left?.type === 'val' && right?.type === 'ref' && !Array.isArray(left.value)) {
    const column = columnOf(pathOf(right))
    return column && (swapped ?? compare)(column, left.value)
  }
  return undefined
}

/** Many alternatives of one property are one list: SQLite has a limit to how deep an expression may be. */
function alternatives(args: readonly Expression[]): Condition | undefined {
  const lists = new Map<string, unknown[]>()
  const others: Expression[] = []
  for (const arg of args.flatMap(flattened)) {
    const [ref, value] = arg.type === 'func' && arg.name === 'eq' ? arg.args : []
    if (ref?.type !== 'ref' || value?.type !== 'val') {
      others.push(arg)
      continue
    }
    const path = JSON.stringify(pathOf(ref))
    const list = lists.get(path) ?? []
    lists.set(path, list)
    list.push(value.value)
  }
  const conditions = others.map(supersetOf)
  for (const [path, values] of lists) {
    const column = columnOf(JSON.parse(path) as string[])
    conditions.push(column && oneOf(column, values))
  }
  const known = conditions.filter(isKnown)
  // One alternative that may be true of any row makes all of it so.
  return known.length === conditions.length ? joined(known, 'OR') : undefined
}

const flattened = (expression: Expression): readonly Expression[] =>
  expression.type === 'func' && expression.name === 'or' ? expression.args.flatMap(flattened) : [expression]

const isKnown = (condition: Condition | undefined): condition is Condition => condition !== undefined

/** How many conditions are compiled: of many more, a walk through the rows is faster than SQLite's plan. */
const CONDITION_LIMIT = 100

/** As a tree, so that its depth grows with the logarithm of its size. */
function joined(conditions: readonly Condition[], operator: 'AND' | 'OR'): Condition | undefined {
  const [only] = conditions
  if (conditions.length > CONDITION_LIMIT) return undefined
  if (conditions.length <= 1) return only
  const half = conditions.length >> 1
  const left = joined(conditions.slice(0, half), operator)
  const right = joined(conditions.slice(half), operator)
  return operator === 'AND' ? sql`(${left} AND ${right})` : sql`(${left} OR ${right})`
}

/** Rows by their keys, which are a column of their own. */
function keyIn(
  ref: Expression | undefined,
  values: readonly (Expression | undefined)[] | undefined,
): Condition | undefined {
  if (ref?.type !== 'ref' || values === undefined || pathOf(ref).join('.') !== '$key') return undefined
  const keys: string[] = []
  for (const each of values) {
    if (each?.type !== 'val') return undefined
    const value = each.value instanceof Date ? each.value.getTime() : each.value
    if (typeof value === 'string') keys.push(encodeKey(value))
    else if (typeof value === 'number' && Number.isFinite(value))
      keys.push(encodeKey(value === 0 ? 0 : value))
  }
  return sql`key IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`
}

const listOf = (list: Expression | undefined): readonly Expression[] | undefined =>
  list?.type === 'val' && Array.isArray(list.value)
    ? list.value.map((value: unknown) => ({ type: 'val', value }))
    : undefined

function oneOf(column: Condition, values: readonly unknown[]): Condition | undefined {
  const wanted: (string | number)[] = []
  for (const value of values) {
    const equals = equalTo(value)
    if (equals === undefined) return undefined
    wanted.push(...equals)
  }
  if (wanted.length === 0) return NEVER
  // As JSON: a number is then read by the same code that reads those in the rows, to the last bit.
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify([...new Set([...wanted, UNKNOWN])])}))`
}

/** What a column may answer for values that equal this one; nothing when that cannot be said. */
function equalTo(value: unknown): (string | number)[] | undefined {
  // Nothing equals null.
  if (value === null || value === undefined) return []
  if (typeof value === 'boolean') return [value ? 1 : 0]
  if (typeof value === 'string') return isPlainText(value) ? [value] : undefined
  if (typeof value === 'number') return Number.isFinite(value) ? [value, ...dateAt(value)] : undefined
  // Only another bigint, which SQL does not compare.
  if (typeof value === 'bigint') return [UNKNOWN]
  if (value instanceof Date && !Number.isNaN(value.getTime()))
    return [value.getTime(), ...dateAt(value.getTime())]
  return undefined
}

const dateAt = (time: number): string[] => {
  const date = new Date(time)
  return Number.isInteger(time) && !Number.isNaN(date.getTime()) ? [DATE + date.toISOString()] : []
}

function above(column: Condition, value: unknown): Condition | undefined {
  if (value === null || value === undefined) return NEVER
  // Texts come after all numbers, so they pass.
  if (typeof value === 'number' && Number.isFinite(value)) return sql`${column} >= ${value - slack(value)}`
  const date = dateText(value)
  // Years before 0 and after 9999 begin with a sign, which comes before the digits.
  if (date !== undefined) return sql`(${column} >= ${date} OR ${column} < ${`${DATE}0`})`
  if (isComparableText(value))
    return sql`(${column} >= ${value} OR ${column} < ${ABOVE_DATES} OR ${composite(column)})`
  return undefined
}

function below(column: Condition, value: unknown): Condition | undefined {
  if (value === null || value === undefined) return NEVER
  if (typeof value === 'number' && Number.isFinite(value)) {
    return sql`(${column} <= ${value + slack(value)} OR ${column} >= ${''})`
  }
  const date = dateText(value)
  if (date !== undefined) return sql`(${column} <= ${date} OR ${column} >= ${UNKNOWN})`
  if (isComparableText(value)) return sql`(${column} <= ${value} OR ${composite(column)})`
  return undefined
}

/** Objects and arrays, which JavaScript compares by what `String` makes of them. */
const composite = (column: Condition): Condition =>
  sql`(${column} >= '[' AND ${column} < ${'\\'}) OR (${column} >= '{' AND ${column} < '|')`

/** SQLite may read a fraction one bit off. */
const slack = (value: number): number => (Number.isSafeInteger(value) ? 0 : Math.abs(value) * 1e-14)

const ISO_LENGTH = '1970-01-01T00:00:00.000Z'.length

function dateText(value: unknown): string | undefined {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) return undefined
  const text = value.toISOString()
  return text.length === ISO_LENGTH ? DATE + text : undefined
}

/** Texts that SQLite stores and compares whole, and that are no column's mark. */
const isPlainText = (text: string): boolean =>
  !/[\0\p{Cs}]/u.test(text) && (text === '' || text >= ABOVE_DATES)

/** Texts whose order in bytes is that in UTF-16, and which are no number when compared with one. */
const isComparableText = (value: unknown): value is string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII above the marks
  typeof value === 'string' && /^[\x02-\x7f]+$/.test(value) && Number.isNaN(Number(value))
