/**
 * Checking rows of a log whose beginning was trimmed: what the newest checkpoint says of a table must hold as long as
 * nothing has changed the table since.
 */

import { first, type Program } from '../drivers/program.js'
import { checkpointBody, findCheckpoint } from '../log/checkpoint.js'
import { postedControls } from '../log/controls.js'
import { rawPage } from '../log/read.js'
import type { Finding } from '../log/verify.js'
import { findRowTable } from './registry.js'
import { digestRows } from './row-digest.js'
import { rowTable } from './tables.js'

export interface CheckedRows {
  readonly findings: readonly Finding[]
  readonly rows: number
  /** Collections that changed since the checkpoint, or were too large for it. */
  readonly unchecked: readonly string[]
}

/** The tables must be posted through the head. */
export function* verifyByCheckpoint(): Program<CheckedRows> {
  const findings: Finding[] = []
  const unchecked: string[] = []
  const seq = yield* findCheckpoint()
  const [found] = yield* rawPage(seq - 1, 1)
  let checked = 0
  for (const [collection, count, , digest] of (found && checkpointBody(found.entry))?.rows ?? []) {
    const { changed } = yield* postedControls(collection)
    const table = yield* findRowTable(collection)
    if (changed > seq || table === undefined) {
      unchecked.push(collection)
      continue
    }
    const now = digest === null ? yield* countOnly(table) : yield* digestRows(table)
    if (digest === null) unchecked.push(collection)
    checked += now.rows
    if (now.rows === count && (digest === null || now.digest === digest)) continue
    const message = `Collection ${JSON.stringify(collection)}: its rows are not those that the checkpoint at seq ${seq} has seen.`
    findings.push({ invariant: 'M2', message })
  }
  return { findings, rows: checked, unchecked }
}

function* countOnly(table: string): Program<{ rows: number; digest: null }> {
  return { rows: (yield* first(rowTable(table).count))?.count ?? 0, digest: null }
}
