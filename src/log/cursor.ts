/** The cursor: the seq through which the tables that are made from the log are posted. */

import { first, type Program, run } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { CorruptRowsError } from '../errors.js'
import { log } from './tables.js'

const readCursor = statement<[]>()(log.selectFrom('daybook_cursor').select('seq'))

const writeCursor = statement<[seq: number]>()(
  log.updateTable('daybook_cursor').set({ seq: parameter<number>() }),
)

const startCursor = statement<[]>()(
  log.replaceInto('daybook_cursor').values({ id: literal(1), seq: literal(0) }),
)

/** The seq through which the tables are posted; nothing when the file does not say it any more. */
export function* findCursor(): Program<number | undefined> {
  return (yield* first(readCursor))?.seq
}

/**
 * The seq through which the tables are posted.
 *
 * @throws CorruptRowsError when the file does not say it any more
 */
export function* cursor(): Program<number> {
  const seq = yield* findCursor()
  if (seq === undefined) throw new CorruptRowsError('nothing says through which entry they are posted')
  return seq
}

/** Begins anew, in a file that has lost its cursor too. */
export function* resetCursor(): Program<void> {
  yield* run(startCursor)
}

/** Says so after posting, in the same transaction. */
export function* moveCursor(seq: number): Program<void> {
  yield* run(writeCursor, seq)
}
