/** Which errors are about a damaged database, and which are about something else: a full disk, no memory, another process. */

import { codeName } from '../../drivers/sqlite-errors.js'
import {
  CorruptFileError,
  CorruptLogError,
  CorruptRowsError,
  NotADatabaseError,
  SqliteError,
} from '../../errors.js'

/** Whether an error says for certain that a database is damaged. */
export const isProof = (error: unknown): error is Error =>
  [CorruptFileError, CorruptLogError, CorruptRowsError].some((kind) => error instanceof kind)

/** What SQLite says where tables, or what is in them, are not what they have to be: https://www.sqlite.org/rescode.html */
const BY_DAMAGE = ['ERROR', 'SCHEMA', 'TOOBIG', 'CONSTRAINT', 'MISMATCH']

/** Whether SQLite failed for a reason that damage does not explain. */
export const isOtherFailure = (error: unknown): boolean =>
  error instanceof SqliteError && !BY_DAMAGE.includes(codeName(error.cause) ?? '')

/** Whether damage is the reason of an error, as far as anybody can tell. */
export const isDamage = (error: unknown): error is Error =>
  isProof(error) ||
  error instanceof NotADatabaseError ||
  (error instanceof SqliteError && !isOtherFailure(error))
