/**
 * Waiting for a lock that another connection has.
 *
 * SQLite looks for it again after 1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100 … ms (sqliteDefaultBusyCallback in
 * https://www.sqlite.org/src/file/src/main.c). Beside a process that works in many short transactions, whoever finds it
 * taken a few times waits for many times as long as any of them lasts. So SQLite waits through the first of these steps
 * only, and is asked again.
 */

import { BusyError } from '../errors.js'
import type { Connection } from './driver.js'
import { classifyError } from './sqlite-errors.js'
import type { SqlRow } from './statement.js'

/** What SQLite waits by itself, in ms: 1, 2 and 5. */
const STEPS = 8

/** A connection that answers at once. */
export interface SyncConnection extends Connection {
  execute(...call: Parameters<Connection['execute']>): readonly SqlRow[]
}

/** The same connection, which waits for a lock for `busyTimeout` ms; meanwhile nothing else runs, as while SQLite waits. */
export function patient(connection: SyncConnection, busyTimeout: number): SyncConnection {
  connection.execute({ sql: `PRAGMA busy_timeout = ${Math.min(STEPS, Math.trunc(busyTimeout))}` }, [])
  return {
    ...connection,
    execute(statement, parameters) {
      let giveUp: number | undefined
      for (;;) {
        try {
          const rows = connection.execute(statement, parameters)
          if (!isBlockedCheckpoint(rows) || hasWaited()) return rows
        } catch (error) {
          if (!(classifyError(error) instanceof BusyError) || hasWaited()) throw error
        }
      }

      function hasWaited(): boolean {
        giveUp ??= Date.now() + busyTimeout - STEPS
        return Date.now() >= giveUp
      }
    },
  }
}

/** A checkpoint that somebody stands in the way of says so instead of failing. */
const isBlockedCheckpoint = ([row]: readonly SqlRow[]): boolean => row?.busy === 1
