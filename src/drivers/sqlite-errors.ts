/** Bindings report SQLite's result codes in different ways, or not at all; this is the one place that reads them. */

import {
  BusyError,
  CannotOpenError,
  CorruptFileError,
  DaybookError,
  messageOf,
  NotADatabaseError,
  ReadOnlyError,
  SqliteError,
  StorageFullError,
  StorageIoError,
} from '../errors.js'

/** Primary result codes, https://www.sqlite.org/rescode.html */
const NAMES: Readonly<Record<number, string>> = {
  1: 'ERROR',
  5: 'BUSY',
  6: 'LOCKED',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  17: 'SCHEMA',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  26: 'NOTADB',
}

/** Some bindings give a message and no code. */
const MESSAGES: readonly (readonly [text: string, name: string])[] = [
  ['database is locked', 'BUSY'],
  ['database table is locked', 'LOCKED'],
  ['readonly database', 'READONLY'],
  ['disk i/o error', 'IOERR'],
  ['disk image is malformed', 'CORRUPT'],
  ['disk is full', 'FULL'],
  ['unable to open database', 'CANTOPEN'],
  ['not a database', 'NOTADB'],
]

/** What better-sqlite3 says to every statement while the app iterates over rows on the same handle. */
const HANDLE_IN_USE = 'database connection is busy executing a query'

/** What bindings say when the app has closed the handle that it shares. */
const HANDLE_CLOSED = ['database connection is not open', 'database is not open']

/** The app is in the middle of a query on the handle that it shares: nothing was executed, and it will be over soon. */
export const isHandleInUse = (error: unknown): boolean =>
  error instanceof BusyError && messageOf(error.cause).includes(HANDLE_IN_USE)

/** Turns whatever a binding threw into one of our errors; the original stays as its cause. */
export function classifyError(error: unknown, sql?: string): DaybookError {
  if (error instanceof DaybookError) return error
  const message = messageOf(error)
  if (message.includes(HANDLE_IN_USE)) {
    return new BusyError(
      'The app is iterating over rows on the database handle that it shares with daybook. Nothing was written; finish ' +
        'or end the iteration first.',
      { cause: error },
    )
  }
  if (HANDLE_CLOSED.some((text) => message.includes(text))) {
    return new CannotOpenError(
      'The database handle was closed by the app. Close the daybook before the handle that it was given.',
      { cause: error },
    )
  }
  switch (codeName(error)) {
    case 'BUSY':
    case 'LOCKED':
      return new BusyError(
        'The database is locked by another connection for longer than busyTimeout. Nothing was written; try again, ' +
          'and look for a process that keeps a transaction open.',
        { cause: error },
      )
    case 'READONLY':
      return new ReadOnlyError({ cause: error })
    case 'IOERR':
      return new StorageIoError({ cause: error })
    case 'CORRUPT':
      return new CorruptFileError({ cause: error })
    case 'FULL':
      return new StorageFullError({ cause: error })
    case 'CANTOPEN':
      return new CannotOpenError(
        'SQLite cannot open the database file. Check that its folder exists, that the path is not a folder, and the ' +
          'permissions of both.',
        { cause: error },
      )
    case 'NOTADB':
      return new NotADatabaseError(
        'This file is not a SQLite database, or it is encrypted. It was not touched; check the filename.',
        { cause: error },
      )
    default:
      return new SqliteError(sql, { cause: error })
  }
}

/** The name of the primary result code that a binding reports, where it is one that something depends on. */
export function codeName(error: unknown): string | undefined {
  const { code, errcode, errno } = (error ?? {}) as { code?: unknown; errcode?: unknown; errno?: unknown }
  if (typeof code === 'string') {
    const match = /^SQLITE_([A-Z]+)/.exec(code)
    if (match?.[1] !== undefined) return match[1]
  }
  const numeric = typeof errcode === 'number' ? errcode : typeof errno === 'number' ? errno : undefined
  if (numeric !== undefined) return NAMES[numeric & 0xff]
  const message = messageOf(error).toLowerCase()
  return MESSAGES.find(([text]) => message.includes(text))?.[1]
}
