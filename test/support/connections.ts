/** Connections for tests: the real better-sqlite3, and wrappers that answer late, count, or fail. */

import Database from 'better-sqlite3'
import type { Connection } from '../../src/drivers/driver.js'
import { setUpOwnFile } from '../../src/drivers/settings.js'
import type { SqlRow, SqlValue, Statement } from '../../src/drivers/statement.js'
import { type FaultKind, faultyConnection } from '../../src/testing/faulty-connection.js'

/**
 * A plain connection to a real file, set up as daybook sets up its own; only without fsync, which is for power cuts: what
 * a killed process has handed to the system is kept without it.
 */
export function connect(filename: string, busyTimeout = 1000): Connection {
  const database = new Database(filename, { timeout: busyTimeout })
  setUpOwnFile((sql) => execute(database, sql, []), { durability: 'process', busyTimeout })
  database.pragma('synchronous = OFF')
  const prepared = new WeakMap<Statement, Database.Statement>()
  const version = database.prepare('SELECT sqlite_version()').pluck().get() as string
  return {
    name: 'test',
    sqliteVersion: version,
    readonly: false,
    inTransaction: () => database.inTransaction,
    execute(statement, parameters) {
      const found = prepared.get(statement) ?? database.prepare(statement.sql)
      prepared.set(statement, found)
      if (found.reader) return found.all(...parameters) as SqlRow[]
      // As the driver does: each step gives back one page.
      if (statement.sql.startsWith('PRAGMA incremental_vacuum')) database.exec(statement.sql)
      else found.run(...parameters)
      return []
    },
    changeToken: () =>
      JSON.stringify(
        database.prepare('SELECT data_version, total_changes() AS changes FROM pragma_data_version').get(),
      ),
    close: () => {
      database.close()
    },
  }
}

function execute(database: Database.Database, sql: string, parameters: readonly SqlValue[]): unknown[] {
  const statement = database.prepare(sql)
  if (statement.reader) return statement.all(...parameters)
  statement.run(...parameters)
  return []
}

/** The same connection, answering every statement by a promise: after a microtask, or after a turn of the event loop. */
export function asynchronous(connection: Connection, delay: 'microtask' | 'turn' = 'microtask'): Connection {
  const later = (): Promise<void> =>
    delay === 'microtask' ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve))
  return {
    ...connection,
    async execute(statement, parameters) {
      await later()
      const rows = await connection.execute(statement, parameters)
      await later()
      return rows
    },
    async close() {
      await later()
      await connection.close()
    },
  }
}

/** The same connection, remembering the SQL of every statement. */
export function recording(connection: Connection): { connection: Connection; statements: string[] } {
  const statements: string[] = []
  return {
    statements,
    connection: {
      ...connection,
      execute(statement, parameters) {
        statements.push(statement.sql)
        return connection.execute(statement, parameters)
      },
    },
  }
}

export { commits, type FaultKind, sqliteError } from '../../src/testing/faulty-connection.js'

/** Those that every program is tried with, at every statement. */
export const FAULTS: readonly FaultKind[] = [
  'fails: I/O error',
  'fails: full, rolled back',
  'dies before',
  'dies after',
  'commit unknown',
]

export interface FaultyConnection {
  readonly connection: Connection
  readonly died: () => boolean
  /** The SQL at which the fault happened. */
  readonly hit: () => string | undefined
  /** The SQL of every statement so far. */
  readonly statements: readonly string[]
}

/** The same connection with one fault at the n-th statement, counted from 1. */
export function faulty(connection: Connection, kind: FaultKind | undefined, at: number): FaultyConnection {
  const statements: string[] = []
  let hit: string | undefined
  const faulty = faultyConnection(connection, (sql) => {
    if (statements.push(sql) !== at || kind === undefined) return undefined
    hit = sql
    return kind
  })
  return { statements, connection: faulty.connection, died: () => faulty.died, hit: () => hit }
}
