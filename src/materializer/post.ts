/**
 * Posting: the rows, the collections' state and the origins catch up with the log (M1, M2, M3).
 *
 * Rows and cursor change in the transaction that the caller opened: killed anywhere, the next one continues from the
 * cursor.
 */

import type { Program } from '../drivers/program.js'
import { CorruptRowsError } from '../errors.js'
import { tail } from '../log/append.js'
import { cursor, moveCursor } from '../log/cursor.js'
import { postOrigins } from '../log/origins.js'
import { checksumAt, page } from '../log/read.js'
import { Batch } from './batch.js'

/**
 * Posts at most `limit` entries after the cursor. Answers how many are left. Run it in a write transaction.
 *
 * @throws CorruptLogError when an entry is not what was written; nothing is posted then
 */
export function* post(limit: number): Program<number> {
  const from = yield* cursor()
  const head = yield* tail()
  if (from > head.seq)
    throw new CorruptRowsError(`they are posted through ${from}, the log ends at ${head.seq}`)
  if (from === head.seq) return 0
  const entries = yield* page(from, limit, yield* checksumAt(from))
  const batch = new Batch()
  for (const entry of entries) yield* batch.add(entry)
  yield* batch.flush()
  yield* postOrigins(entries)
  const through = entries.at(-1)?.position.seq ?? from
  yield* moveCursor(through)
  return head.seq - through
}

/** Posts everything after the cursor, in the transaction that the caller opened. */
export function* postAll(): Program<void> {
  while ((yield* post(Number.MAX_SAFE_INTEGER)) > 0);
}
