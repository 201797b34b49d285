/**
 * A column: the SQL expression for one property of the rows, which queries compare and indexes are made of.
 *
 * What it answers, for a property of plain JSON: NULL (missing, null, undefined), a number (also for true and false), or a
 * text (strings; objects and arrays as their JSON). A Date is \u0001 and its ISO text, so that dates lie beside each other
 * in time order and apart from strings. Everything else that JSON cannot say (NaN, bigint, Map, …) is one text, UNKNOWN:
 * whoever restricts a column must let UNKNOWN pass.
 *
 *   numbers  <  ''  <  \u0001-029719…  \u00011970-01-01T…  \u0001~ (UNKNOWN)  <  \u0002  <  'a text'
 */

import { type RawBuilder, sql } from 'kysely'

/** Begins the text of a Date. */
export const DATE = '\u0001'
/** A value that SQL cannot compare. */
export const UNKNOWN = `${DATE}~`
/** The first text above all dates and UNKNOWN. */
export const ABOVE_DATES = '\u0002'

/** The column of a property; nothing when SQL cannot be trusted to find what JavaScript finds there. */
export function columnOf(path: readonly string[]): RawBuilder<unknown> | undefined {
  if (path.length === 0 || !path.every(isPlainName)) return undefined
  const [first, ...others] = path as [string, ...string[]]
  // JavaScript finds inherited properties as well, and on nested values those of texts, arrays and the like.
  if (VIRTUAL.has(first) || first in Object.prototype || others.some(isInherited)) return undefined
  const value = sql`value ->> ${sql.lit(`$${path.map((name) => `."${name}"`).join('')}`)}`
  const steps = path.map((name) => JSON.stringify(name)).join(',')
  const noted = (text: string): RawBuilder<unknown> => sql`instr(notes, ${sql.lit(text)}) > 0`
  // What instr answers for rows without notes is NULL, which is not true. A string that begins like a date is no date.
  return sql`CASE WHEN ${noted(`["undefined",${steps}]`)} THEN NULL \
WHEN ${noted(`["Date",${steps}]`)} THEN coalesce(char(1) || (${value}), char(1, 126)) \
WHEN ${noted(`,${JSON.stringify(first)}`)} OR ((${value}) >= char(1) AND (${value}) < char(2)) THEN char(1, 126) \
ELSE ${value} END`
}

/** Properties that TanStack adds to every row. */
const VIRTUAL: ReadonlySet<string> = new Set(['$key', '$collectionId', '$synced', '$origin'])

/** Names that a path of SQLite's JSON functions spells as JSON does. */
const isPlainName = (name: string): boolean => /^[^"\\\p{Cc}\p{Cs}]+$/u.test(name)

const SAMPLES: readonly unknown[] = ['', 0, true, [], {}]

/** `length` of a text, the second element of an array: SQL sees only the fields of objects. */
const isInherited = (name: string): boolean =>
  /^\d+$/.test(name) || SAMPLES.some((sample) => name in Object(sample))
