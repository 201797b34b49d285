/** The cursor: the seq through which the tables that are made from the log are posted. */

import { first, type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { log } from './tables.js'

const readCursor = statement<[]>()(log.selectFrom('daybook_cursor').select('seq'))

const writeCursor = statement<[seq: number]>()(
  log.updateTable('daybook_cursor').set({ seq: parameter<number>() }),
)

/** The seq through which the tables are posted. */
export function* cursor(): Program<number> {
  return ((yield* first(readCursor)) as { seq: number }).seq
}

/** Says so after posting, in the same transaction. */
export function* moveCursor(seq: number): Program<void> {
  yield* run(writeCursor, seq)
}
