/** The rows of a collection as lines of JSON, as of one moment. */

import type { Program } from '../../drivers/program.js'
import type { Snapshot } from '../../drivers/snapshot.js'
import { NotADatabaseError } from '../../errors.js'
import { tail } from '../../log/append.js'
import { controlsOf } from '../../log/controls.js'
import type { Position } from '../../log/entry.js'
import { findLog } from '../../log/schema.js'
import { type FoldedRow, storedRow } from '../../materializer/fold.js'
import { findRowTable } from '../../materializer/registry.js'
import { rowsAfter } from '../../materializer/rows-after.js'
import type { StoredRow } from '../../materializer/tables.js'
import { unpostedRows } from '../../materializer/unposted.js'
import { compareTexts } from '../../values/text-order.js'
import { type ConnectFile, snapshotOf } from './binding.js'

/** The format of the lines. */
export const ROWS_FORMAT = 1

/** Rows read in one transaction. */
const PAGE = 500

/**
 * Exports the rows of a collection: a line that says which, one for each row in the order of the keys' JSON, and a line at
 * the end.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptLogError
 */
export async function* exportRows(
  connect: ConnectFile,
  filename: string,
  collection: string,
): AsyncGenerator<string, void> {
  const snapshot = await snapshotOf(connect, filename)
  try {
    const { at, schemaVersion } = await snapshot.run(look(collection))
    yield JSON.stringify({ daybook: 'rows', format: ROWS_FORMAT, collection, schemaVersion, at })
    let rows = 0
    for await (const row of rowsAtHead(snapshot, collection)) {
      yield lineOf(row)
      rows++
    }
    yield JSON.stringify({ end: rows })
  } finally {
    await snapshot.close()
  }
}

function* look(collection: string): Program<{ at: Position; schemaVersion: number }> {
  if ((yield* findLog()) === undefined) throw new NotADatabaseError('There is no daybook in this file.')
  const { term, seq } = yield* tail()
  const { schemaVersion } = yield* controlsOf(collection)
  return { at: { term, seq }, schemaVersion }
}

/** The posted rows, page by page, and between them what entries behind the cursor make of them: nothing is posted for it. */
async function* rowsAtHead(snapshot: Snapshot, collection: string): AsyncGenerator<StoredRow, void> {
  const { rows: changed, emptied } = await snapshot.run(unpostedRows(collection))
  const added = [...changed].sort(([a], [b]) => compareTexts(a, b))
  let next = 0
  function* addedThrough(key: string | undefined): Generator<StoredRow, void> {
    for (; next < added.length; next++) {
      const [own, row] = added[next] as [string, FoldedRow | undefined]
      if (key !== undefined && compareTexts(own, key) > 0) return
      if (row !== undefined) yield storedRow(own, row)
    }
  }
  for await (const row of emptied ? [] : postedRows(snapshot, collection)) {
    yield* addedThrough(row.key)
    if (!changed.has(row.key)) yield row
  }
  yield* addedThrough(undefined)
}

async function* postedRows(snapshot: Snapshot, collection: string): AsyncGenerator<StoredRow, void> {
  const table = await snapshot.run(findRowTable(collection))
  if (table === undefined) return
  let key = ''
  for (;;) {
    const rows = await snapshot.run(rowsAfter(table, key, PAGE))
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    key = last.key
  }
}

// The columns are JSON already.
function lineOf({ key, value, notes, metadata, metadata_notes }: StoredRow): string {
  let line = `{"key":${key},"value":${value}`
  if (notes !== null) line += `,"notes":${notes}`
  if (metadata !== null) line += `,"metadata":${metadata}`
  if (metadata_notes !== null) line += `,"metadataNotes":${metadata_notes}`
  return `${line}}`
}
