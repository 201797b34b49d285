/** What SQLite cannot read is not the end of a look at a file: whoever looks names it and goes on. */

import { CorruptFileError, messageOf, NotADatabaseError, SqliteError, StorageIoError } from '../errors.js'

/** Whether an error means that something of the file cannot be read; busy, closed and the like are not about the file. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof CorruptFileError ||
  error instanceof NotADatabaseError ||
  // A table or column that is no longer there, a number that is too large for JavaScript.
  error instanceof SqliteError ||
  // A file that is shorter than it says.
  error instanceof StorageIoError

/** What SQLite itself says of it. */
export const damageOf = (error: Error): string => messageOf(error.cause ?? error)
