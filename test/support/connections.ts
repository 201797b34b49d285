/** Connections for tests: the real better-sqlite3, and wrappers that answer late, count, or fail. */

import Database from 'better-sqlite3'
import type { Connection } from '../../src/drivers/driver.js'
import { setUpOwnFile } from '../../src/drivers/settings.js'
import type { MaybePromise, SqlRow, SqlValue, Statement } from '../../src/drivers/statement.js'

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

/** What happens at one statement. */
export type FaultKind =
  /** The disk fails: the statement is not executed, the transaction stays open. */
  | 'fails: I/O error'
  /** The disk is full: SQLite rolls the transaction back by itself, as it may. */
  | 'fails: full, rolled back'
  /** The process is killed before the statement. */
  | 'dies before'
  /** The process is killed after the statement, before anybody hears of it. */
  | 'dies after'
  /** What commits takes effect, but the answer is lost. Other statements are left alone. */
  | 'commit unknown'

export const FAULTS: readonly FaultKind[] = [
  'fails: I/O error',
  'fails: full, rolled back',
  'dies before',
  'dies after',
  'commit unknown',
]

/** Whether a statement ends a transaction: COMMIT, and the append that is a transaction of its own. */
export const commits = (sql: string): boolean => sql === 'COMMIT' || sql.includes('"daybook_log" as "last"')

/** The process is gone; nothing that is called on this connection has an effect any more. */
export class Died extends Error {
  constructor() {
    super('the process was killed')
  }
}

export interface FaultyConnection {
  readonly connection: Connection
  readonly died: () => boolean
  /** The SQL at which the fault happened. */
  readonly hit: () => string | undefined
  /** The SQL of every statement so far. */
  readonly statements: readonly string[]
}

const ROLLBACK: Statement = { sql: 'ROLLBACK' }

/** The same connection with one fault at the n-th statement, counted from 1. */
export function faulty(connection: Connection, kind: FaultKind | undefined, at: number): FaultyConnection {
  const statements: string[] = []
  let died = false
  let hit: string | undefined
  const die = (): never => {
    died = true
    throw new Died()
  }
  return {
    statements,
    died: () => died,
    hit: () => hit,
    connection: {
      ...connection,
      inTransaction: () => !died && connection.inTransaction(),
      changeToken: () => (died ? die() : connection.changeToken!()),
      // The file stays as the kill left it.
      close: () => (died ? undefined : connection.close()),
      execute(statement: Statement, parameters: readonly SqlValue[]): MaybePromise<readonly SqlRow[]> {
        if (died) return die()
        if (statements.push(statement.sql) !== at || kind === undefined)
          return connection.execute(statement, parameters)
        hit = statement.sql
        switch (kind) {
          case 'fails: I/O error':
            throw sqliteError('SQLITE_IOERR_WRITE', 'disk I/O error')
          case 'fails: full, rolled back':
            if (connection.inTransaction()) connection.execute(ROLLBACK, [])
            throw sqliteError('SQLITE_FULL', 'database or disk is full')
          case 'dies before':
            return die()
          case 'dies after':
            connection.execute(statement, parameters)
            return die()
          case 'commit unknown': {
            const rows = connection.execute(statement, parameters)
            if (commits(statement.sql)) throw sqliteError('SQLITE_IOERR_FSYNC', 'disk I/O error')
            return rows
          }
        }
      },
    },
  }
}

/** An error as better-sqlite3 throws it. */
export const sqliteError = (code: string, message: string): Error =>
  Object.assign(new Error(message), { name: 'SqliteError', code })
