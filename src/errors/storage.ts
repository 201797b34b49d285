/** What SQLite and the file system do not do. */

import { DaybookError } from './base.js'
import { messageOf } from './words.js'

/** The database could not be opened. */
export class CannotOpenError extends DaybookError {
  static override readonly code = 'DAYBOOK_CANNOT_OPEN'
  declare readonly code: 'DAYBOOK_CANNOT_OPEN'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** The lock that decides which process syncs a collection cannot be had: its file cannot be made, opened or locked. */
export class LockUnavailableError extends DaybookError {
  static override readonly code = 'DAYBOOK_LOCK_UNAVAILABLE'
  declare readonly code: 'DAYBOOK_LOCK_UNAVAILABLE'

  constructor(
    /** The lock file. */
    readonly path: string,
    options: { cause: unknown },
  ) {
    super(
      `The lock file ${path} cannot be used (${messageOf(options.cause)}), so this process does not sync the collection; ` +
        "it tries again. Check the permissions of the database's folder; lock files hold nothing and may be deleted.",
      options,
    )
  }
}

/** The SQLite library is older than the features that daybook needs. */
export class SqliteTooOldError extends DaybookError {
  static override readonly code = 'DAYBOOK_SQLITE_TOO_OLD'
  declare readonly code: 'DAYBOOK_SQLITE_TOO_OLD'

  constructor(
    readonly found: string,
    readonly needed: string,
  ) {
    super(
      `SQLite ${found} is too old: daybook needs ${needed} or newer. Update the SQLite binding ` +
        '(for example `npm install better-sqlite3@latest`).',
    )
  }
}

/** Another connection (or the app, on a shared handle) kept the database locked for longer than `busyTimeout`. */
export class BusyError extends DaybookError {
  static override readonly code = 'DAYBOOK_BUSY'
  declare readonly code: 'DAYBOOK_BUSY'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** COMMIT failed in a way that leaves open whether it took effect. */
export class CommitUnknownError extends DaybookError {
  static override readonly code = 'DAYBOOK_COMMIT_UNKNOWN'
  declare readonly code: 'DAYBOOK_COMMIT_UNKNOWN'

  constructor(options: { cause: unknown }) {
    super(
      `It is not known whether the commit took effect (${messageOf(options.cause)}). Repeat the same transaction ` +
        'with the same origin seq: if it is in the log already, nothing is added.',
      options,
    )
  }
}

/** There is no room for the write: disk full, quota reached, or `max_page_count` met. */
export class StorageFullError extends DaybookError {
  static override readonly code = 'DAYBOOK_STORAGE_FULL'
  declare readonly code: 'DAYBOOK_STORAGE_FULL'

  constructor(options: { cause: unknown }) {
    super(
      'The storage is full, nothing was written. Free some space and write again; reading goes on.',
      options,
    )
  }
}

/** The database cannot be written: a read-only file, folder or connection. */
export class ReadOnlyError extends DaybookError {
  static override readonly code = 'DAYBOOK_READ_ONLY'
  declare readonly code: 'DAYBOOK_READ_ONLY'

  constructor(options: { cause: unknown }) {
    super(
      'The database is read-only, nothing was written. Check the permissions of the file and its folder.',
      options,
    )
  }
}

/** The operating system failed to read or write the file. */
export class StorageIoError extends DaybookError {
  static override readonly code = 'DAYBOOK_STORAGE_IO'
  declare readonly code: 'DAYBOOK_STORAGE_IO'

  constructor(options: { cause: unknown }) {
    super(`Reading or writing the database file failed (${messageOf(options.cause)}).`, options)
  }
}

/** A SQLite error that daybook does not expect. The cause has the details. */
export class SqliteError extends DaybookError {
  static override readonly code = 'DAYBOOK_SQLITE'
  declare readonly code: 'DAYBOOK_SQLITE'

  constructor(
    readonly sql: string | undefined,
    options: { cause: unknown },
  ) {
    super(`SQLite failed: ${messageOf(options.cause)}${sql === undefined ? '' : ` (in: ${sql})`}`, options)
  }
}
