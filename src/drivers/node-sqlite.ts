/** node:sqlite, the binding inside Node 22.16 and newer, Deno and Bun: https://nodejs.org/api/sqlite.html */

import { createRequire } from 'node:module'
import { CannotOpenError, UnsupportedError } from '../errors.js'
import { CHANGE_TOKEN, changeToken } from './change-token.js'
import type { Connection, Driver } from './driver.js'
import { queueOf } from './handle-queue.js'
import { type LockFile, lockFileOn } from './lock-file.js'
import { patient, type SyncConnection } from './patience.js'
import { createDriver } from './runner.js'
import { type ConnectionSettings, cannotWrite, setUpOwnFile, setUpSharedHandle } from './settings.js'
import { classifyError } from './sqlite-errors.js'
import { requireSqlite } from './sqlite-version.js'
import type { SqlRow, Statement } from './statement.js'

/** The part of a node:sqlite statement that daybook uses. */
interface NodeSqliteStatement {
  all(...parameters: (string | number | null)[]): unknown[]
  setReadBigInts?(on: boolean): void
}

/** The part of a node:sqlite `DatabaseSync` that daybook uses. */
export interface NodeSqliteDatabase {
  readonly isTransaction: boolean
  readonly isOpen?: boolean
  prepare(sql: string): NodeSqliteStatement
  close(): void
}

/** Opens a file.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptFileError, SqliteTooOldError, UnsupportedError
 */
export const openNodeSqlite = (filename: string, settings: ConnectionSettings): Driver =>
  createDriver(connectNodeSqlite(filename, settings), settings)

/** A connection to a file, for whoever runs programs on it in another way than a driver does. */
export function connectNodeSqlite(filename: string, settings: ConnectionSettings): Connection {
  const database = openDatabase(filename, { readOnly: settings.readonly === true })
  try {
    const cannotWrite = setUpOwnFile((sql) => database.prepare(sql).all(), settings)
    return patient(
      connect(database, cannotWrite, () => closeOnce(database)),
      settings.busyTimeout,
    )
  } catch (error) {
    database.close()
    throw classifyError(error)
  }
}

/** Opens a lock file.
 *
 * @throws CannotOpenError, UnsupportedError
 */
export function openNodeSqliteLockFile(path: string): LockFile {
  // Unless it is told otherwise, node:sqlite does not wait for locks.
  const database = openDatabase(path)
  return lockFileOn(
    (sql) => {
      const statement = database.prepare(sql)
      return () => statement.all()
    },
    () => closeOnce(database),
  )
}

function openDatabase(filename: string, options: DatabaseOptions = {}): NodeSqliteDatabase {
  const DatabaseSync = loadNodeSqlite()
  try {
    return new DatabaseSync(filename, options)
  } catch (error) {
    throw classifyError(error)
  }
}

// better-sqlite3 takes a second close() in its stride, node:sqlite throws.
function closeOnce(database: NodeSqliteDatabase): void {
  if (database.isOpen !== false) database.close()
}

/** Uses a handle that the app already has. It stays the app's: daybook never closes it. */
export function useNodeSqlite(database: NodeSqliteDatabase, settings: ConnectionSettings): Driver {
  if (database.isOpen === false)
    throw new CannotOpenError('The database handle is closed. Give daybook an open one.')
  const execute = (sql: string): unknown[] => database.prepare(sql).all()
  try {
    // The handle does not say how it was opened. Within a transaction of the app the answer has to wait.
    const readonly = !database.isTransaction && cannotWrite(execute)
    const warnings = readonly ? [] : setUpSharedHandle(execute, settings)
    const connection = connect(database, readonly, () => undefined)
    return createDriver({ ...connection, warnings }, { ...settings, queue: queueOf(database) })
  } catch (error) {
    throw classifyError(error)
  }
}

function connect(database: NodeSqliteDatabase, readonly: boolean, close: () => void): SyncConnection {
  if (typeof database.isTransaction !== 'boolean') {
    throw new UnsupportedError(
      'This node:sqlite cannot say whether a transaction is open. Use Node 22.16 or newer.',
    )
  }
  const [{ version }] = database.prepare('SELECT sqlite_version() AS version').all() as [{ version: string }]
  requireSqlite(version)
  const prepared = new WeakMap<Statement, NodeSqliteStatement>()
  const token = prepare(database, CHANGE_TOKEN)
  return {
    name: 'node:sqlite',
    sqliteVersion: version,
    readonly,
    // A closed one throws when it is asked; the next statement says so in a typed way.
    inTransaction: () => database.isOpen !== false && database.isTransaction,
    execute(statement, parameters) {
      let found = prepared.get(statement)
      if (found === undefined) {
        found = prepare(database, statement.sql)
        prepared.set(statement, found)
      }
      // A statement without rows answers with none.
      return found.all(...parameters) as SqlRow[]
    },
    changeToken: () => changeToken(token.all()),
    close,
  }
}

// The app may have switched its handle to BigInt integers; our statements stay with numbers.
function prepare(database: NodeSqliteDatabase, sql: string): NodeSqliteStatement {
  const statement = database.prepare(sql)
  statement.setReadBigInts?.(false)
  return statement
}

interface DatabaseOptions {
  readonly readOnly?: boolean
}

type DatabaseConstructor = new (filename: string, options: DatabaseOptions) => NodeSqliteDatabase

/** Loaded when a file is opened: older Node versions do not have it. */
function loadNodeSqlite(): DatabaseConstructor {
  try {
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
      DatabaseSync: DatabaseConstructor
    }
    return DatabaseSync
  } catch (error) {
    throw new UnsupportedError(
      "This runtime has no node:sqlite. Use Node 22.16 or newer, or `openDaybook` from 'daybook/node' with " +
        'better-sqlite3.',
      { cause: error },
    )
  }
}
