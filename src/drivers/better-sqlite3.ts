/** better-sqlite3 12 and 13: https://github.com/WiseLibs/better-sqlite3 */

import { createRequire } from 'node:module'
import { CannotOpenError, messageOf, UnsupportedError } from '../errors.js'
import { CHANGE_TOKEN, changeToken } from './change-token.js'
import type { Connection, Driver } from './driver.js'
import { queueOf } from './handle-queue.js'
import { type LockFile, lockFileOn } from './lock-file.js'
import { patient, type SyncConnection } from './patience.js'
import { createDriver } from './runner.js'
import { type ConnectionSettings, setUpOwnFile, setUpSharedHandle } from './settings.js'
import { classifyError } from './sqlite-errors.js'
import { requireSqlite } from './sqlite-version.js'
import type { SqlRow, Statement } from './statement.js'

/** The part of a better-sqlite3 statement that daybook uses. */
interface BetterSqlite3Statement {
  readonly reader: boolean
  all(...parameters: unknown[]): unknown[]
  run(...parameters: unknown[]): unknown
  safeIntegers(on: boolean): this
}

/** The part of a better-sqlite3 `Database` that daybook uses. */
export interface BetterSqlite3Database {
  readonly inTransaction: boolean
  readonly readonly: boolean
  readonly open: boolean
  prepare(sql: string): BetterSqlite3Statement
  exec(sql: string): unknown
  close(): unknown
}

/** Opens a file with the app's better-sqlite3.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptFileError, SqliteTooOldError, UnsupportedError
 */
export const openBetterSqlite3 = (filename: string, settings: ConnectionSettings): Driver =>
  createDriver(connectBetterSqlite3(filename, settings), settings)

/** The connection of such a driver, for whoever puts something between the two, or runs programs in another way. */
export function connectBetterSqlite3(filename: string, settings: ConnectionSettings): Connection {
  const { busyTimeout, readonly = false } = settings
  const database = openDatabase(filename, { timeout: busyTimeout, readonly })
  try {
    const cannotWrite = setUpOwnFile((sql) => execute(database, sql), settings)
    return patient(
      connect(database, cannotWrite, () => database.close()),
      busyTimeout,
    )
  } catch (error) {
    database.close()
    throw classifyError(error)
  }
}

/**
 * Opens a lock file with the app's better-sqlite3: that of `handle`, when the app gave one, for an app may have several
 * copies of it, and daybook none that it can load.
 *
 * @throws CannotOpenError, UnsupportedError
 */
export function openBetterSqlite3LockFile(path: string, handle?: BetterSqlite3Database): LockFile {
  const database = openDatabase(path, { timeout: 0 }, handle && classOf(handle))
  return lockFileOn(
    (sql) => {
      const statement = prepare(database, sql)
      return () => (statement.reader ? statement.all() : statement.run())
    },
    () => database.close(),
  )
}

/** better-sqlite3's own class: the app's may derive from it, and do more when it is made. */
function classOf(handle: BetterSqlite3Database): DatabaseConstructor | undefined {
  let found: object | undefined
  for (let next = Object.getPrototypeOf(handle); next !== null && next !== Object.prototype; ) {
    found = next
    next = Object.getPrototypeOf(next)
  }
  return found?.constructor as DatabaseConstructor | undefined
}

function openDatabase(
  filename: string,
  options: DatabaseOptions,
  Database: DatabaseConstructor = loadBetterSqlite3(),
): BetterSqlite3Database {
  try {
    return new Database(filename, options)
  } catch (error) {
    // A missing folder is a TypeError without a code.
    if (error instanceof TypeError) throw new CannotOpenError(`${error.message}.`, { cause: error })
    throw classifyError(error)
  }
}

/** Uses a handle that the app already has. It stays the app's: daybook never closes it. */
export function useBetterSqlite3(database: BetterSqlite3Database, settings: ConnectionSettings): Driver {
  if (!database.open) throw new CannotOpenError('The database handle is closed. Give daybook an open one.')
  try {
    const warnings = database.readonly ? [] : setUpSharedHandle((sql) => execute(database, sql), settings)
    const connection = connect(database, database.readonly, () => undefined)
    return createDriver({ ...connection, warnings }, { ...settings, queue: queueOf(database) })
  } catch (error) {
    throw classifyError(error)
  }
}

function connect(database: BetterSqlite3Database, readonly: boolean, close: () => void): SyncConnection {
  const [{ version }] = execute(database, 'SELECT sqlite_version() AS version') as [{ version: string }]
  requireSqlite(version)
  const prepared = new WeakMap<Statement, Prepared>()
  const token = prepare(database, CHANGE_TOKEN)
  return {
    name: 'better-sqlite3',
    sqliteVersion: version,
    readonly,
    inTransaction: () => database.inTransaction,
    execute(statement, parameters) {
      let found = prepared.get(statement)
      if (found === undefined) {
        const own = prepare(database, statement.sql)
        found = { statement: own, reader: own.reader }
        prepared.set(statement, found)
      }
      if (found.reader) return found.statement.all(...parameters) as SqlRow[]
      // `run` takes one step, and each step of this statement gives back one page.
      if (statement.sql.startsWith('PRAGMA incremental_vacuum')) database.exec(statement.sql)
      else found.statement.run(...parameters)
      return NO_ROWS
    },
    changeToken: () => changeToken(token.all()),
    close,
  }
}

/** `reader` is a call into the binding each time it is asked for; the answer does not change. */
interface Prepared {
  readonly statement: BetterSqlite3Statement
  readonly reader: boolean
}

const NO_ROWS: readonly SqlRow[] = []

// The app may have switched its handle to BigInt integers; our statements stay with numbers.
function prepare(database: BetterSqlite3Database, sql: string): BetterSqlite3Statement {
  const statement = database.prepare(sql)
  return statement.reader ? statement.safeIntegers(false) : statement
}

function execute(database: BetterSqlite3Database, sql: string): unknown[] {
  const statement = prepare(database, sql)
  if (statement.reader) return statement.all()
  statement.run()
  return []
}

interface DatabaseOptions {
  readonly timeout: number
  readonly readonly?: boolean
}

type DatabaseConstructor = new (filename: string, options: DatabaseOptions) => BetterSqlite3Database

/** An optional peer dependency: loaded when a file is opened, never at import. */
function loadBetterSqlite3(): DatabaseConstructor {
  const require = createRequire(import.meta.url)
  try {
    const { version } = require('better-sqlite3/package.json') as { version: string }
    // Measured: 13.x kills the process (SIGSEGV) when it opens a database on Node 20.
    if (Number.parseInt(version, 10) >= 13 && Number.parseInt(process.versions.node, 10) < 22) {
      throw new UnsupportedError(
        `better-sqlite3 ${version} crashes on Node ${process.versions.node}. Install better-sqlite3@12, or use ` +
          'Node 22 or newer.',
      )
    }
    return require('better-sqlite3') as DatabaseConstructor
  } catch (error) {
    if (error instanceof UnsupportedError) throw error
    throw new CannotOpenError(
      `better-sqlite3 cannot be loaded (${messageOf(error)}). Install it beside daybook with ` +
        "`npm install better-sqlite3`, or use `openDaybook` from 'daybook/node-sqlite' on Node 22 and newer.",
      { cause: error },
    )
  }
}
