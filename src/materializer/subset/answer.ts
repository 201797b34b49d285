/**
 * Answers a subset: SQL finds rows that may be meant, TanStack's evaluator says which are.
 *
 * An ordered page is read in the order of an index where that order is certainly TanStack's (all values numbers, or all
 * dates), and stops as soon as it is complete. Otherwise all rows that may be meant are looked at, in pages, and only as
 * many as are asked for are kept.
 */

import { type RawBuilder, sql } from 'kysely'
import type { Program } from '../../drivers/program.js'
import { stepOf } from '../../drivers/query.js'
import { indexesOf } from '../indexes.js'
import { checkOrder } from '../rows-after.js'
import type { StoredRow } from '../tables.js'
import { ABOVE_DATES, columnOf, DATE, UNKNOWN } from './column.js'
import { isAboutState } from './exact.js'
import { Selection, type SelectionOptions } from './selection.js'
import { type OrderTerm, pathOf, type Subset } from './subset.js'
import { type Condition, supersetOfAll } from './superset.js'

/** Where the rows are. */
export interface Source {
  readonly collection: string
  readonly table: string
}

/** A subset, and how it is answered. */
export interface Answering {
  /** From the row tables. */
  rows(source: Source): Program<readonly StoredRow[]>
  /** From rows in memory. */
  inMemory(collection: string, rows: readonly StoredRow[]): readonly StoredRow[]
}

export const answering = (subset: Subset): Answering => ({
  rows: (source) => answer(source, subset),
  inMemory: (collection, rows) => answerInMemory(collection, rows, subset),
})

const COLUMNS = sql.raw('key, value, notes, metadata, metadata_notes, seq')

/** The rows of a subset, in no particular order. `pageRows`: how many are read at once. */
export function* answer(source: Source, subset: Subset, pageRows = PAGE): Program<readonly StoredRow[]> {
  const found: StoredRow[] = []
  for (const page of pagesOf(source.collection, subset)) {
    const superset = supersetOfAll(page.where)
    const ordered =
      page.term && page.count !== undefined
        ? yield* orderedScan(source, superset, page.term, pageRows)
        : undefined
    const rows = ordered ?? scan(source, superset, pageRows)
    const selection = new Selection(page)
    for (let next = yield* rows.next(); next !== undefined; next = yield* rows.next()) {
      for (const row of next) selection.take(row)
      if ((ordered !== undefined || page.term === undefined) && selection.isComplete) break
    }
    found.push(...selection.rows)
  }
  return unique(found)
}

/** The same over rows in memory. */
export function answerInMemory(
  collection: string,
  rows: readonly StoredRow[],
  subset: Subset,
): readonly StoredRow[] {
  return unique(
    pagesOf(collection, subset).flatMap((page) => {
      const selection = new Selection(page)
      for (const row of rows) selection.take(row)
      return selection.rows
    }),
  )
}

const unique = (rows: readonly StoredRow[]): readonly StoredRow[] => [
  ...new Map(rows.map((row) => [row.key, row])).values(),
]

/** A cursor asks for two things: the rows behind a value, so many of them; and all rows with that value. */
function pagesOf(collection: string, subset: Subset): SelectionOptions[] {
  const { where, orderBy, limit, offset = 0, cursor } = withoutState(subset)
  const term = orderBy?.[0]
  const conditions = where === undefined ? [] : [where]
  if (cursor === undefined) {
    return [{ collection, where: conditions, term, count: limit === undefined ? undefined : offset + limit }]
  }
  return [
    { collection, where: [...conditions, cursor.whereCurrent], term: undefined, count: undefined },
    { collection, where: [...conditions, cursor.whereFrom], term, count: limit },
  ]
}

/** What only the collection can tell is not asked here: every row may be meant, and the collection filters. */
function withoutState(subset: Subset): Subset {
  const { where, orderBy, cursor } = subset
  const asked = [
    where,
    cursor?.whereFrom,
    cursor?.whereCurrent,
    ...(orderBy ?? []).map((term) => term.expression),
  ]
  return asked.some((each) => each !== undefined && isAboutState(each)) ? {} : subset
}

/** Reads on; nothing at the end. */
interface Scan {
  next(): Program<readonly StoredRow[] | undefined>
}

/** How many rows are read at once; of an order, the first time and then ever more. */
const PAGE = 2000
const FIRST_PAGE = 100

/** All rows that may be meant: at once when they are few, page by page along the key otherwise. */
function scan({ table }: Source, superset: Condition | undefined, pageRows: number): Scan {
  let after: string | undefined
  let first = superset !== undefined
  let ended = false
  const filter = superset ?? sql`1`
  return {
    *next() {
      if (ended) return undefined
      if (first) {
        first = false
        // Without an order, so that an index may be used.
        const few = yield* rowsOf(
          sql`SELECT ${COLUMNS} FROM ${sql.id(table)} WHERE ${filter} LIMIT ${pageRows + 1}`,
        )
        ended = few.length <= pageRows
        if (ended) return few
      }
      const rest = after === undefined ? filter : sql`key > ${after} AND ${filter}`
      const rows = yield* rowsOf(
        sql`SELECT ${COLUMNS} FROM ${sql.id(table)} WHERE ${rest} ORDER BY key LIMIT ${pageRows}`,
      )
      checkOrder(rows, after ?? '')
      after = rows.at(-1)?.key
      ended = rows.length < pageRows
      return rows
    },
  }
}

/** Rows in the order of an index; nothing when that may not be TanStack's order. */
function* orderedScan(
  { collection, table }: Source,
  superset: Condition | undefined,
  { expression, compareOptions: { direction, nulls } }: OrderTerm,
  pageRows: number,
): Program<Scan | undefined> {
  if (expression.type !== 'ref') return undefined
  const path = pathOf(expression)
  const column = columnOf(path)
  const isIndexed = (yield* indexesOf(collection)).some(
    (each) => JSON.stringify(each) === JSON.stringify(path),
  )
  if (column === undefined || !isIndexed || !(yield* isOneKind(table, column))) return undefined
  const values = sql`${column} IS NOT NULL`
  const order = direction === 'desc' ? sql`${column} DESC` : column
  const parts: { only: RawBuilder<unknown>; order: RawBuilder<unknown> }[] = [
    { only: values, order },
    { only: sql`${column} IS NULL`, order: sql`key` },
  ]
  if (nulls === 'first') parts.reverse()
  let offset = 0
  let size = Math.min(FIRST_PAGE, pageRows)
  return {
    *next() {
      const [part] = parts
      if (part === undefined) return undefined
      const filter = superset === undefined ? part.only : sql`${part.only} AND ${superset}`
      const rows = yield* rowsOf(
        sql`SELECT ${COLUMNS} FROM ${sql.id(table)} WHERE ${filter} ORDER BY ${part.order} LIMIT ${size} OFFSET ${offset}`,
      )
      offset += rows.length
      if (rows.length < size) {
        parts.shift()
        offset = 0
      }
      // Twice as many each time: what OFFSET walks over stays in proportion to what is read.
      size = Math.min(size * 2, 10 * pageRows)
      return rows
    },
  }
}

/** Whether a column has numbers only, or dates of four-digit years only: then SQLite's order is TanStack's. */
function* isOneKind(table: string, column: RawBuilder<unknown>): Program<boolean> {
  const has = function* (range: RawBuilder<unknown>): Program<boolean> {
    const rows = yield stepOf(sql`SELECT 1 AS found FROM ${sql.id(table)} WHERE ${range} LIMIT 1`)
    return rows.length > 0
  }
  if (!(yield* has(sql`${column} >= ${''}`))) return true
  return !(
    (yield* has(sql`${column} < ${`${DATE}0`}`)) ||
    (yield* has(sql`${column} >= ${UNKNOWN} AND ${column} < ${ABOVE_DATES}`)) ||
    (yield* has(sql`${column} >= ${ABOVE_DATES}`))
  )
}

function* rowsOf(query: RawBuilder<unknown>): Program<readonly StoredRow[]> {
  return (yield stepOf(query)) as unknown as readonly StoredRow[]
}
