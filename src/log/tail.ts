/** The tail: where the log ends, read inside the transaction that asks. */

import { type Program, step } from '../drivers/program.js'
import { literal, statement } from '../drivers/query.js'
import { CorruptLogError } from '../errors.js'
import type { Entry, Tail } from './entry.js'
import { log } from './tables.js'

const readTail = statement<[]>()(
  log.selectFrom('daybook_log').select(['seq', 'term', 'checksum']).orderBy('seq', 'desc').limit(literal(1)),
)

/**
 * The tail; a log has at least its first entry.
 *
 * @throws CorruptLogError when somebody has emptied it
 */
export function* tail(): Program<Tail> {
  const [row] = yield step(readTail)
  if (row === undefined) throw new CorruptLogError(1, 'it is missing, and so is every other one')
  return row as unknown as Tail
}

/** The tail that an entry is when it is the last one. */
export const tailAt = ({ position: { seq, term }, checksum }: Entry): Tail => ({ seq, term, checksum })
