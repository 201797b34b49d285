/**
 * Making the row tables anew from the log (M6).
 *
 * All of it is one write transaction: SQLite keeps the old tables for every reader until it commits, and for everybody
 * when it does not. Appends wait meanwhile.
 */

import { type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { RebuildImpossibleError } from '../errors.js'
import { clearControls } from '../log/controls.js'
import { resetCursor } from '../log/cursor.js'
import { floor } from '../log/read.js'
import { log } from '../log/tables.js'
import { postAll } from './post.js'
import { dropCollection, listCollections } from './registry.js'

const clearOrigins = statement<[above: string]>()(
  log.deleteFrom('daybook_origins').where('origin', '>=', parameter<string>()),
)

/** @throws RebuildImpossibleError when the beginning of the log was trimmed; CorruptLogError */
export function* rebuild(): Program<void> {
  const oldest = yield* floor()
  if (oldest.seq !== 1) throw new RebuildImpossibleError(oldest)
  for (const { collection } of yield* listCollections()) yield* dropCollection(collection)
  yield* run(clearOrigins, '')
  yield* clearControls()
  yield* resetCursor()
  yield* postAll()
}
