/** The rows of a collection in the order of their keys, page by page. */

import { all, type Program } from '../drivers/program.js'
import { CorruptRowsError } from '../errors.js'
import { compareTexts } from '../values/text-order.js'
import { rowTable, type StoredRow } from './tables.js'

/** Rows read at a time where all are looked at. */
const PAGE = 500

/**
 * The next rows behind a key; none when there are no more.
 *
 * @throws CorruptRowsError when they do not come in the order of their keys: an index of a damaged file may lead back to
 *   a row that has been read, and whoever went on from there would never end.
 */
export function* rowsAfter(table: string, after: string, limit: number): Program<readonly StoredRow[]> {
  const rows = yield* all(rowTable(table).after, after, limit)
  checkOrder(rows, after)
  return rows
}

/**
 * Looks at every row.
 *
 * @throws CorruptRowsError as {@link rowsAfter} does
 */
export function* eachRow(table: string, look: (row: StoredRow) => void): Program<void> {
  let after = ''
  for (;;) {
    const rows = yield* rowsAfter(table, after, PAGE)
    for (const row of rows) look(row)
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.key
  }
}

/** @throws CorruptRowsError */
export function checkOrder(rows: readonly StoredRow[], after: string): void {
  let last = after
  for (const { key } of rows) {
    if (typeof key !== 'string' || compareTexts(last, key) >= 0)
      throw new CorruptRowsError('the index over the keys of a collection does not have them in order')
    last = key
  }
}
