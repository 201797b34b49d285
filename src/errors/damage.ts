/** Files and logs that are not what they should be. */

import { DaybookError } from './base.js'
import { messageOf } from './words.js'

/** An entry, or the order of entries, is not what was written: the file is damaged. */
export class CorruptLogError extends DaybookError {
  static override readonly code = 'DAYBOOK_CORRUPT_LOG'
  declare readonly code: 'DAYBOOK_CORRUPT_LOG'

  constructor(
    readonly seq: number,
    readonly reason: string,
  ) {
    super(
      `Entry ${seq} of the log is damaged: ${reason}. Entries before it can still be read. Make a copy of the file ` +
        'before you do anything else.',
    )
  }
}

/** The row tables do not fit the log (SQLite's own structures are in order). */
export class CorruptRowsError extends DaybookError {
  static override readonly code = 'DAYBOOK_CORRUPT_ROWS'
  declare readonly code: 'DAYBOOK_CORRUPT_ROWS'

  constructor(readonly reason: string) {
    super(`The row tables do not fit the log: ${reason}. Call rebuild() to make them anew from the log.`)
  }
}

/** SQLite found the file damaged. */
export class CorruptFileError extends DaybookError {
  static override readonly code = 'DAYBOOK_CORRUPT_FILE'
  declare readonly code: 'DAYBOOK_CORRUPT_FILE'

  constructor(options: { cause: unknown }) {
    super(
      `SQLite reports that the database file is damaged (${messageOf(options.cause)}). Make a copy of the file and ` +
        'its -wal before you do anything else.',
      options,
    )
  }
}

/** The file was written by a newer daybook. */
export class NewerFormatError extends DaybookError {
  static override readonly code = 'DAYBOOK_NEWER_FORMAT'
  declare readonly code: 'DAYBOOK_NEWER_FORMAT'

  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `This file has format ${found}, this version of daybook reads up to ${known}. Update daybook; ` +
        'the file was not touched.',
    )
  }
}

/** The file is not a SQLite database (or is encrypted), or not one that belongs to daybook. */
export class NotADatabaseError extends DaybookError {
  static override readonly code = 'DAYBOOK_NOT_A_DATABASE'
  declare readonly code: 'DAYBOOK_NOT_A_DATABASE'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** Nothing can be read from a damaged file: not even which tables it has. */
export class UnsalvageableError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNSALVAGEABLE'
  declare readonly code: 'DAYBOOK_UNSALVAGEABLE'

  constructor(
    readonly path: string,
    options: { cause: unknown },
  ) {
    super(
      `Nothing can be read from ${path}: ${messageOf(options.cause)} The file was not touched; keep it, and put back a ` +
        'backup where there is one.',
      options,
    )
  }
}
