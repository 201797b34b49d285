/**
 * Checkpoints: the control entries that make everything before them disposable.
 *
 * The body carries what the dropped prefix would still be needed for: the checksum before the checkpoint (L7), where
 * each origin's transactions were (L5), the newest claim, schema version and last change of each collection, and how
 * many rows it had.
 */

import { first, type Program } from '../drivers/program.js'
import { literal, statement } from '../drivers/query.js'
import { insert, requestFor, tail } from './append.js'
import type { CheckpointBody } from './checkpoint-body.js'
import { listControls } from './controls.js'
import type { Entry } from './entry.js'
import { storedRuns } from './origin-runs.js'
import { log } from './tables.js'

const newestCheckpoint = statement<[]>()(
  log
    .selectFrom('daybook_log')
    .select('seq')
    .where('kind', '=', literal('checkpoint'))
    // Says the same again in the words of the partial index, so that SQLite uses it.
    .where('kind', '<>', literal('tx'))
    .orderBy('seq', 'desc')
    .limit(literal(1)),
)

/** Appends a checkpoint. The tables must be posted through the head in the same transaction. */
export function* appendCheckpoint(
  origin: string,
  originSeq: number,
  committedAt: number,
  rows: CheckpointBody['rows'],
): Program<Entry> {
  const last = yield* tail()
  const runs = yield* storedRuns()
  const controls = yield* listControls()
  const body: CheckpointBody = {
    previous: last.checksum,
    origins: runs.map((run) => [run.origin, run.originSeq, run.seq, run.term, run.length]),
    controls: controls.map((each) => [each.collection, each.claim, each.schemaVersion, each.changed]),
    rows,
  }
  const request = requestFor(
    { origin, originSeq, parts: [JSON.stringify([body])] },
    committedAt,
    'checkpoint',
  )
  return yield* insert(request, last)
}

/** The seq of the newest checkpoint; 0 when there is none. */
export function* findCheckpoint(): Program<number> {
  return (yield* first(newestCheckpoint))?.seq ?? 0
}
