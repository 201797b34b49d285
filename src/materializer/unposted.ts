/** The end of the log that is not posted yet, folded in memory: for whoever reads and cannot, or may not, post it. */

import { first, type Program } from '../drivers/program.js'
import { cursor } from '../log/cursor.js'
import { type Entry, opParts } from '../log/entry.js'
import { opsOfPart } from '../log/part-ops.js'
import { checksumAt, PAGE_ENTRIES, page } from '../log/read.js'
import type { StoredOp } from '../log/stored-op.js'
import { encodeKey } from '../values/key.js'
import { type FoldedRow, foldedRow, foldRow, type RowOp } from './fold.js'
import { findRowTable } from './registry.js'
import { rowTable } from './tables.js'

/** What entries that are not posted make of the rows of a collection. */
export interface UnpostedRows {
  /** By key, as JSON text: the row that it is now, or that there is none. */
  readonly rows: ReadonlyMap<string, FoldedRow | undefined>
  /** What is in the table is gone, whatever its key. */
  readonly emptied: boolean
}

/** Folds the entries behind the cursor, and reads of the table only the rows that they change. */
export function* unpostedRows(collection: string): Program<UnpostedRows> {
  const table = yield* findRowTable(collection)
  const rows = new Map<string, FoldedRow | undefined>()
  let emptied = table === undefined
  const wanted = new Set<string>()
  yield* eachUnposted((entry) => {
    for (const op of rowOpsOf(entry, collection)) {
      if (op[0] !== 'truncate' && op[0] !== 'reset') wanted.add(encodeKey(op[2]))
    }
  })
  for (const key of wanted) {
    const stored = table === undefined ? undefined : yield* first(rowTable(table).get, key)
    if (stored !== undefined) rows.set(key, foldedRow(stored))
  }
  yield* eachUnposted((entry) => {
    for (const op of rowOpsOf(entry, collection)) {
      if (op[0] === 'truncate' || op[0] === 'reset') {
        rows.clear()
        emptied = true
        continue
      }
      const key = encodeKey(op[2])
      rows.set(key, foldRow(rows.get(key), op, entry.position.seq))
    }
  })
  return { rows, emptied }
}

type RowsOp = RowOp | Extract<StoredOp, readonly ['truncate' | 'reset', string]>

function* rowOpsOf(entry: Entry, collection: string): Generator<RowsOp, void> {
  for (const part of opParts(entry)) {
    for (const op of opsOfPart(part, entry.position.seq)) {
      if (op[1] !== collection) continue
      if (op[0] !== 'state' && op[0] !== 'claim' && op[0] !== 'schema' && op[0] !== 'redacted') yield op
    }
  }
}

/** Looks at every entry behind the cursor, in order. */
export function* eachUnposted(look: (entry: Entry) => void): Program<void> {
  let seq = yield* cursor()
  for (;;) {
    const entries = yield* page(seq, PAGE_ENTRIES, yield* checksumAt(seq))
    for (const entry of entries) look(entry)
    const last = entries.at(-1)
    if (last === undefined) return
    seq = last.position.seq
  }
}
