/** Entries of another log, put behind this one as they are: same seq, same checksum, or not at all. */

import { first, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { ImportConflictError, NewerFormatError } from '../errors.js'
import { tailAt, write } from './append.js'
import { ENTRY_FORMAT, type Entry, type Tail } from './entry.js'
import { checksumOf } from './read.js'
import { log } from './tables.js'

const readTail = statement<[]>()(
  log.selectFrom('daybook_log').select(['seq', 'term', 'checksum']).orderBy('seq', 'desc'),
)

const checksumsAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select('checksum').where('seq', '=', parameter<number>()),
)

/** The tail of a log that may have no entry yet. */
export function* tailIfAny(): Program<Tail | undefined> {
  return yield* first({ ...readTail, sql: `${readTail.sql} limit 1` })
}

/**
 * Puts an entry behind the tail, if it is not in the log already. Answers with the tail then.
 *
 * @throws ImportConflictError when the log has another entry there, or does not end right before it; NewerFormatError
 */
export function* putExactly(entry: Entry, last: Tail | undefined): Program<Tail> {
  const { position, checksum, format } = entry
  if (format > ENTRY_FORMAT) throw new NewerFormatError(format, ENTRY_FORMAT)
  if (last !== undefined && position.seq <= last.seq) {
    const known = yield* first(checksumsAt, position.seq)
    // Where the log was trimmed, what was there was the same if what comes behind is.
    if (known !== undefined && known.checksum !== checksum) {
      throw new ImportConflictError(`it has another entry at seq ${position.seq}`, position)
    }
    return last
  }
  if (last !== undefined) {
    if (position.seq !== last.seq + 1) {
      throw new ImportConflictError(
        `it ends at seq ${last.seq}, the next entry of the import is ${position.seq}`,
        position,
      )
    }
    if (position.term < last.term || checksumOf(last.checksum, entry) !== checksum) {
      throw new ImportConflictError(`entry ${position.seq} does not follow its last one`, position)
    }
  }
  yield* write(entry)
  return tailAt(entry)
}
