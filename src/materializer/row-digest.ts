/** One digest for all rows of a table, whatever their order: the sum of their own, so that it can be taken page by page. */

import { first, type Program } from '../drivers/program.js'
import { digest } from '../log/checksum.js'
import { eachRow, rowsAfter } from './rows-after.js'
import { rowTable, type StoredRow } from './tables.js'

/** Tables with more rows than this are not digested where others wait. */
const FEW_ROWS = 2000

/** Rows read as a sample of a large table. */
const SAMPLE = 500

/** What a checkpoint says of a table. */
export interface Measured {
  readonly rows: number
  readonly bytes: number
  readonly digest: string | null
}

/** Counts and digests a small table; of a large one the bytes are estimated. */
export function* measureRows(table: string): Program<Measured> {
  const rows = (yield* first(rowTable(table).count))?.count ?? 0
  if (rows > FEW_ROWS) {
    const sample = yield* rowsAfter(table, '', SAMPLE)
    const bytes = sample.reduce((sum, row) => sum + bytesOf(row), 0) / Math.max(1, sample.length)
    return { rows, bytes: Math.round(bytes * rows), digest: null }
  }
  return yield* digestRows(table)
}

/**
 * Counts and digests a table.
 *
 * @throws CorruptRowsError when its rows do not come in the order of their keys
 */
export function* digestRows(table: string): Program<Measured & { readonly digest: string }> {
  let sum = 0n
  let bytes = 0
  let rows = 0
  yield* eachRow(table, (row) => {
    sum += BigInt(`0x${digest(JSON.stringify(COLUMNS.map((column) => row[column])))}`)
    bytes += bytesOf(row)
    rows++
  })
  return { rows, bytes, digest: BigInt.asUintN(64, sum).toString(16).padStart(16, '0') }
}

const COLUMNS = ['key', 'value', 'notes', 'metadata', 'metadata_notes', 'seq'] as const

const bytesOf = ({ key, value, notes, metadata }: StoredRow): number =>
  key.length + value.length + (notes?.length ?? 0) + (metadata?.length ?? 0)
