/** Trimming: removing the oldest entries below a checkpoint (L4: the only removal there is). */

import { type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { findCheckpoint } from './checkpoint.js'
import { cursor } from './cursor.js'
import { endOfPage, floor } from './read.js'
import { log } from './tables.js'
import { renewTrimTrigger } from './trim-trigger.js'

// In rowid order, so oldest first: the trigger refuses any other order.
const deleteEntries = statement<[below: number]>()(
  log.deleteFrom('daybook_log').where('seq', '<', parameter<number>()),
)

const deleteParts = statement<[below: number]>()(
  log.deleteFrom('daybook_log_parts').where('seq', '<', parameter<number>()),
)

/** Bodies that are removed in one transaction, in UTF-16 code units; but at least one entry. */
const SIZE = 1 << 20

/**
 * Removes at most `batch` of the oldest entries below `below`, below the newest checkpoint, and through the cursor.
 * Answers whether there are more. Run it in a write transaction.
 */
export function* trim(below: number, batch: number): Program<boolean> {
  const oldest = (yield* floor()).seq
  const limit = Math.min(below, yield* findCheckpoint(), (yield* cursor()) + 1)
  if (oldest >= limit) return false
  yield* renewTrimTrigger()
  const through = Math.min(limit, (yield* endOfPage(oldest - 1, batch, SIZE)) + 1)
  yield* run(deleteEntries, through)
  yield* run(deleteParts, through)
  return through < limit
}
