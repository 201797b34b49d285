/**
 * Waiting for a lock that another connection has.
 *
 * SQLite looks for it again after 1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100 … ms (sqliteDefaultBusyCallback in
 * https://www.sqlite.org/src/file/src/main.c). Beside a process that works in many short transactions, whoever finds it
 * taken a few times waits for many times as long as any of them lasts. So SQLite waits through the first of these steps
 * only, and is asked again.
 */

import type { Connection } from './driver.js'
import { codeName } from './sqlite-errors.js'
import type { SqlRow } from './statement.js'

/** What SQLite waits by itself, in ms: 1, 2 and 5. */
const STEPS = 8

/** SQLite does not wait for every lock; whoever asks again does, in ms. */
const BEFORE_NEXT = 1

/** A connection that answers at once. */
export interface SyncConnection extends Connection {
  execute(...call: Parameters<Connection['execute']>): readonly SqlRow[]
}

/** The same connection, which waits for a lock for `busyTimeout` ms; meanwhile nothing else runs, as while SQLite waits. */
export function patient(connection: SyncConnection, busyTimeout: number): SyncConnection {
  connection.execute({ sql: `PRAGMA busy_timeout = ${Math.min(STEPS, Math.trunc(busyTimeout))}` }, [])

  const { changeToken } = connection
  const patience = busyTimeout - STEPS
  return {
    ...connection,
    execute(statement, parameters) {
      // A checkpoint that somebody stands in the way of says so instead of failing; a passive one is not to wait.
      const isBlocked = (rows: readonly SqlRow[]): boolean =>
        rows[0]?.busy === 1 && !statement.sql.includes('PASSIVE')
      try {
        const rows = connection.execute(statement, parameters)
        if (!isBlocked(rows)) return rows
      } catch (error) {
        if (codeName(error) !== 'BUSY') throw error
      }
      return untilFree(() => connection.execute(statement, parameters), patience, isBlocked)
    },
    ...(changeToken && {
      changeToken() {
        try {
          return changeToken()
        } catch (error) {
          if (codeName(error) !== 'BUSY') throw error
          return untilFree(changeToken, patience)
        }
      },
    }),
  }
}

/**
 * Tries for so many ms, until nobody has the lock; blocks in between, as SQLite itself does while it waits. The last
 * attempt's answer, or error, is whatever it is.
 */
export function untilFree<T>(
  attempt: () => T,
  ms: number,
  isBlocked: (answer: T) => boolean = () => false,
): T {
  const giveUp = performance.now() + ms
  for (;;) {
    const isLast = performance.now() >= giveUp
    try {
      const answer = attempt()
      if (isLast || !isBlocked(answer)) return answer
    } catch (error) {
      if (isLast || codeName(error) !== 'BUSY') throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BEFORE_NEXT)
  }
}
