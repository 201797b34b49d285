/** The rows of a collection as lines of JSON, as of one moment. */

import { all, type Program } from '../../drivers/program.js'
import type { Snapshot } from '../../drivers/snapshot.js'
import { DaybookError, NotADatabaseError } from '../../errors.js'
import { tail } from '../../log/append.js'
import { controlsOf } from '../../log/controls.js'
import { cursor } from '../../log/cursor.js'
import type { Position } from '../../log/entry.js'
import { findLog } from '../../log/schema.js'
import { post } from '../../materializer/post.js'
import { queryReadOnly } from '../../materializer/query.js'
import { findRowTable } from '../../materializer/registry.js'
import { rowTable, type StoredRow } from '../../materializer/tables.js'
import { type ConnectFile, driverOn, snapshotOf } from './binding.js'

/** The format of the lines. */
export const ROWS_FORMAT = 1

/** Rows read, or entries posted, in one transaction. */
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
  await postIfPossible(connect, filename)
  const snapshot = await snapshotOf(connect, filename)
  try {
    const { at, schemaVersion, isPosted } = await snapshot.run(look(collection))
    yield JSON.stringify({ daybook: 'rows', format: ROWS_FORMAT, collection, schemaVersion, at })
    let rows = 0
    for await (const row of isPosted ? pages(snapshot, collection) : folded(snapshot, collection)) {
      yield lineOf(row)
      rows++
    }
    yield JSON.stringify({ end: rows })
  } finally {
    await snapshot.close()
  }
}

// What is posted can be read page by page.
async function postIfPossible(connect: ConnectFile, filename: string): Promise<void> {
  await (await snapshotOf(connect, filename)).close()
  const driver = driverOn(connect, filename)
  try {
    if (driver.readonly || (await driver.transaction('read', findLog)) === undefined) return
    while ((await driver.transaction('write', () => post(PAGE))) > 0);
  } catch (error) {
    // Then the end of the log is folded in memory.
    if (!(error instanceof DaybookError)) throw error
  } finally {
    await driver.close()
  }
}

function* look(collection: string): Program<{ at: Position; schemaVersion: number; isPosted: boolean }> {
  if ((yield* findLog()) === undefined) throw new NotADatabaseError('There is no daybook in this file.')
  const { term, seq } = yield* tail()
  const { schemaVersion } = yield* controlsOf(collection)
  return { at: { term, seq }, schemaVersion, isPosted: (yield* cursor()) === seq }
}

async function* pages(snapshot: Snapshot, collection: string): AsyncGenerator<StoredRow, void> {
  const table = await snapshot.run(findRowTable(collection))
  if (table === undefined) return
  let key = ''
  for (;;) {
    const rows = await snapshot.run(all(rowTable(table).after, key, PAGE))
    yield* rows
    const last = rows.at(-1)
    if (last === undefined) return
    key = last.key
  }
}

async function* folded(snapshot: Snapshot, collection: string): AsyncGenerator<StoredRow, void> {
  const { rows } = await snapshot.run(queryReadOnly(collection))
  yield* [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))
}

// The columns are JSON already.
function lineOf({ key, value, notes, metadata, metadata_notes }: StoredRow): string {
  let line = `{"key":${key},"value":${value}`
  if (notes !== null) line += `,"notes":${notes}`
  if (metadata !== null) line += `,"metadata":${metadata}`
  if (metadata_notes !== null) line += `,"metadataNotes":${metadata_notes}`
  return `${line}}`
}
