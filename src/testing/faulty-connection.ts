/** A connection that fails when it is told to: what disks, locks and kills do to one statement. */

import type { Connection } from '../drivers/driver.js'
import type { MaybePromise, SqlRow, SqlValue, Statement } from '../drivers/statement.js'

/** What happens at one statement. */
export type FaultKind =
  /** The disk fails: the statement is not executed, the transaction stays open. */
  | 'fails: I/O error'
  /** The disk is full: SQLite rolls the transaction back by itself, as it may. */
  | 'fails: full, rolled back'
  /** Somebody else has the lock. */
  | 'fails: busy'
  /** SQLite finds a page that it cannot read; the next time it can. */
  | 'fails: corrupt'
  /** The process is killed before the statement. */
  | 'dies before'
  /** The process is killed after the statement, before anybody hears of it. */
  | 'dies after'
  /** What commits takes effect, but the answer is lost. Other statements are left alone. */
  | 'commit unknown'

/** Whether a statement ends a transaction: COMMIT, and the append that is a transaction of its own. */
export const commits = (sql: string): boolean => sql === 'COMMIT' || sql.includes('"daybook_log" as "last"')

/** The process is gone; nothing that is called on this connection has an effect any more. */
export class Died extends Error {
  constructor() {
    super('the process was killed')
  }
}

const ROLLBACK: Statement = { sql: 'ROLLBACK' }

export interface Faulty {
  readonly connection: Connection
  readonly died: boolean
}

/**
 * The same connection, with the fault that `faultAt` names for a statement, if any. `onDeath` is called when it dies:
 * from then on it throws `Died`, and does nothing.
 */
export function faultyConnection(
  connection: Connection,
  faultAt: (sql: string) => FaultKind | undefined,
  onDeath: () => void = () => undefined,
): Faulty {
  let died = false
  const die = (): never => {
    died = true
    onDeath()
    throw new Died()
  }
  const gone = (): never => {
    throw new Died()
  }
  return {
    get died() {
      return died
    },
    connection: {
      ...connection,
      inTransaction: () => !died && connection.inTransaction(),
      ...(connection.changeToken && {
        changeToken: () => (died ? gone() : connection.changeToken!()),
      }),
      // The file stays as the kill left it.
      close: () => (died ? undefined : connection.close()),
      execute(statement: Statement, parameters: readonly SqlValue[]): MaybePromise<readonly SqlRow[]> {
        if (died) return gone()
        switch (faultAt(statement.sql)) {
          case undefined:
            return connection.execute(statement, parameters)
          case 'fails: I/O error':
            throw sqliteError('SQLITE_IOERR_WRITE', 'disk I/O error')
          case 'fails: full, rolled back':
            if (connection.inTransaction()) connection.execute(ROLLBACK, [])
            throw sqliteError('SQLITE_FULL', 'database or disk is full')
          case 'fails: busy':
            throw sqliteError('SQLITE_BUSY', 'database is locked')
          case 'fails: corrupt':
            throw sqliteError('SQLITE_CORRUPT', 'database disk image is malformed')
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
