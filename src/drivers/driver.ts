/**
 * What daybook asks of a SQLite binding.
 *
 * A binding author writes a `Connection`: execute one statement, say whether a transaction is open, close. Bindings may
 * answer at once or with a promise; everything above is written once, as programs (program.ts), and runs on both.
 */

import type { Program, Step } from './program.js'
import type { MaybePromise, SqlRow, SqlValue, Statement } from './statement.js'

/** One open SQLite connection, as a binding offers it. */
export interface Connection {
  /** The binding's name, for messages: `better-sqlite3`, `node:sqlite`, … */
  readonly name: string
  /** What `sqlite_version()` says. */
  readonly sqliteVersion: string
  /** True when the connection cannot write. */
  readonly readonly: boolean
  /** What the app should know of the connection, such as settings of its handle that cost it something. */
  readonly warnings?: readonly string[]
  /** Runs one statement with positional parameters and answers with all its rows (none for a write). */
  execute(statement: Statement, parameters: readonly SqlValue[]): MaybePromise<readonly SqlRow[]>
  /** Whether a transaction is open on this connection, ours or the app's. */
  inTransaction(): boolean
  /**
   * A value that changes when anybody, on this connection or another one, may have committed.
   * Cheap: it reads no table. A connection that nobody else can reach leaves it out.
   */
  changeToken?(): MaybePromise<string>
  /** Closes the connection, if it was opened for daybook; an app's own handle stays open. */
  close(): MaybePromise<void>
}

/** A connection that can run programs, one transaction at a time. */
export interface Driver extends Omit<Connection, 'execute' | 'inTransaction'> {
  /**
   * Runs a program in one transaction of its own: all of it or nothing. `write` takes SQLite's write lock at once.
   *
   * @throws BusyError when the lock cannot be had in time; CommitUnknownError when COMMIT failed and nobody can say
   *   whether it took effect; otherwise the classified error of the statement that failed, after a rollback.
   */
  transaction<T>(mode: 'read' | 'write', program: () => Program<T>): MaybePromise<T>
  /**
   * Runs one statement, which SQLite makes a transaction of its own: a quarter of the calls. When it fails, it may
   * nevertheless have taken effect.
   *
   * @throws BusyError when the lock cannot be had in time; otherwise the classified error
   */
  statement(step: Step): MaybePromise<readonly SqlRow[]>
}
