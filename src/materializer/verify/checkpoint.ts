/**
 * Checking rows of a log whose beginning was trimmed: what the newest checkpoint says of a table must hold as long as
 * nothing has changed the table since.
 */

import { first, type Program } from '../../drivers/program.js'
import { CorruptRowsError, quote } from '../../errors.js'
import { findCheckpoint } from '../../log/checkpoint.js'
import { checkpointBody } from '../../log/checkpoint-body.js'
import { postedControls } from '../../log/controls.js'
import type { Report } from '../../log/finding.js'
import { rawPage } from '../../log/read.js'
import { findRowTable } from '../registry.js'
import { digestRows } from '../row-digest.js'
import { rowTable } from '../tables.js'

/** Answers with the collections of which every row is as the checkpoint has seen it. */
export function* compareWithCheckpoint(report: Report): Program<ReadonlySet<string>> {
  const checked = new Set<string>()
  const seq = yield* findCheckpoint()
  const [found] = yield* rawPage(seq - 1, 1)
  for (const [collection, count, , digest] of (found && checkpointBody(found.entry))?.rows ?? []) {
    const { changed } = yield* postedControls(collection)
    const table = yield* findRowTable(collection)
    if (changed > seq || table === undefined) continue
    const rows = (yield* first(rowTable(table).count))?.count ?? 0
    const isSame = rows === count && (digest === null || (yield* digestOf(table)) === digest)
    if (!isSame) {
      const message = `Collection ${quote(collection)}: its rows are not those that the checkpoint at seq ${seq} has seen.`
      report.found('M2', message, { collection })
    } else if (digest !== null) checked.add(collection)
  }
  return checked
}

/** Nothing when the rows do not come in order, so that they cannot be the same. */
function* digestOf(table: string): Program<string | undefined> {
  try {
    return (yield* digestRows(table)).digest
  } catch (error) {
    if (error instanceof CorruptRowsError) return undefined
    throw error
  }
}
