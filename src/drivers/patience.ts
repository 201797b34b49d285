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

  const patiently = <T>(attempt: () => T, isBlocked: (answer: T) => boolean): T => {
    let giveUp: number | undefined
    for (;;) {
      let failure: { readonly error: unknown } | undefined
      let answer: T | undefined
      try {
        answer = attempt()
        if (!isBlocked(answer)) return answer
      } catch (error) {
        if (codeName(error) !== 'BUSY') throw error
        failure = { error }
      }
      giveUp ??= performance.now() + busyTimeout - STEPS
      if (performance.now() >= giveUp) {
        if (failure !== undefined) throw failure.error
        return answer as T
      }
      blockFor(BEFORE_NEXT)
    }
  }

  const { changeToken } = connection
  return {
    ...connection,
    execute: (statement, parameters) =>
      patiently(
        () => connection.execute(statement, parameters),
        // A checkpoint that somebody stands in the way of says so instead of failing; a passive one is not to wait.
        ([row]) => row?.busy === 1 && !statement.sql.includes('PASSIVE'),
      ),
    ...(changeToken && { changeToken: () => patiently(changeToken, () => false) }),
  }
}

/** Blocks for so many ms, as SQLite itself does while it waits for a lock. */
export const blockFor = (ms: number): unknown =>
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
