/** better-sqlite3 12 and 13: https://github.com/WiseLibs/better-sqlite3 */

import { createRequire } from 'node:module'
import { CannotOpenError, messageOf, UnsupportedError } from '../errors.js'
import type { Connection, Driver, SqlRow, Statement } from './driver.js'
import { createDriver, type HandleQueue } from './runner.js'
import { type Durability, ownFileSettings, sharedHandleSettings } from './settings.js'
import { classifyError } from './sqlite-errors.js'
import { requireSqlite } from './sqlite-version.js'

/** The part of a better-sqlite3 statement that daybook uses. */
interface BetterSqlite3Statement {
  readonly reader: boolean
  all(...parameters: unknown[]): unknown[]
  run(...parameters: unknown[]): unknown
  safeIntegers(on: boolean): this
}

/** The part of a better-sqlite3 `Database` that daybook uses; also what libsql offers. */
export interface BetterSqlite3Database {
  readonly inTransaction: boolean
  readonly readonly: boolean
  readonly open: boolean
  prepare(sql: string): BetterSqlite3Statement
  close(): unknown
}

export interface BetterSqlite3Options {
  readonly durability: Durability
  readonly busyTimeout: number
}

/** Opens a file with the app's better-sqlite3.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptFileError, ReadOnlyError, SqliteTooOldError
 */
export function openBetterSqlite3(filename: string, options: BetterSqlite3Options): Driver {
  const Database = loadBetterSqlite3()
  let database: BetterSqlite3Database
  try {
    database = new Database(filename, { timeout: options.busyTimeout })
  } catch (error) {
    // better-sqlite3 reports a missing folder as a TypeError without a code.
    if (error instanceof TypeError) throw new CannotOpenError(error.message, { cause: error })
    throw classifyError(error)
  }
  try {
    for (const sql of ownFileSettings(options.durability, options.busyTimeout)) pragma(database, sql)
    return createDriver(
      connect(database, () => database.close()),
      { busyTimeout: options.busyTimeout },
    )
  } catch (error) {
    database.close()
    throw classifyError(error)
  }
}

/** Uses a handle that the app already has. It stays the app's: daybook never closes it. */
export function useBetterSqlite3(database: BetterSqlite3Database, options: BetterSqlite3Options): Driver {
  try {
    const [row] = pragma(database, 'PRAGMA synchronous') as { synchronous: number }[]
    for (const sql of sharedHandleSettings(options.durability, Number(row?.synchronous)))
      pragma(database, sql)
    return createDriver(
      connect(database, () => undefined),
      {
        busyTimeout: options.busyTimeout,
        queue: queueOf(database),
      },
    )
  } catch (error) {
    throw classifyError(error)
  }
}

// One line for all daybooks on one handle.
const queues = new WeakMap<BetterSqlite3Database, HandleQueue>()

function queueOf(database: BetterSqlite3Database): HandleQueue {
  let queue = queues.get(database)
  if (queue === undefined) {
    queue = { last: undefined }
    queues.set(database, queue)
  }
  return queue
}

function connect(database: BetterSqlite3Database, close: () => void): Connection {
  const [{ version }] = pragma(database, 'SELECT sqlite_version() AS version') as [{ version: string }]
  requireSqlite(version)
  const prepared = new WeakMap<Statement, BetterSqlite3Statement>()
  // data_version tells of other connections, total_changes() of everybody on this one.
  const token = prepare(database, 'SELECT data_version, total_changes() AS changes FROM pragma_data_version')
  return {
    name: 'better-sqlite3',
    sqliteVersion: version,
    readonly: database.readonly,
    inTransaction: () => database.inTransaction,
    execute(statement, parameters) {
      let found = prepared.get(statement)
      if (found === undefined) {
        found = prepare(database, statement.sql)
        prepared.set(statement, found)
      }
      if (found.reader) return found.all(...parameters) as SqlRow[]
      found.run(...parameters)
      return []
    },
    changeToken() {
      const [row] = token.all() as { data_version: number; changes: number }[]
      return `${row?.data_version}/${row?.changes}`
    },
    close,
  }
}

// The app may have switched its handle to BigInt integers; our statements stay with numbers.
const prepare = (database: BetterSqlite3Database, sql: string): BetterSqlite3Statement =>
  database.prepare(sql).safeIntegers(false)

function pragma(database: BetterSqlite3Database, sql: string): unknown[] {
  const statement = prepare(database, sql)
  if (statement.reader) return statement.all()
  statement.run()
  return []
}

type DatabaseConstructor = new (filename: string, options: { timeout: number }) => BetterSqlite3Database

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
