/**
 * Makes a driver of a connection: runs each program in a transaction of its own, one at a time.
 *
 * Owns BEGIN, COMMIT and ROLLBACK. It never joins, commits or rolls back a transaction that the app has open on the
 * same handle: it waits until that one is over. Programs of a synchronous connection run within one turn, so nobody
 * can come between their statements; programs of an asynchronous one queue.
 */

import { BusyError, CommitUnknownError, StorageFullError } from '../errors.js'
import type { Connection, Driver } from './driver.js'
import { type Program, runProgram, type Step } from './program.js'
import { classifyError, isHandleInUse } from './sqlite-errors.js'
import type { MaybePromise, SqlRow, Statement } from './statement.js'

const BEGIN: Readonly<Record<'read' | 'write', Statement>> = {
  read: { sql: 'BEGIN' },
  // IMMEDIATE: a write that began as a read could find its snapshot outdated and fail half-way (SQLITE_BUSY_SNAPSHOT).
  write: { sql: 'BEGIN IMMEDIATE' },
}
const COMMIT: Statement = { sql: 'COMMIT' }
const ROLLBACK: Statement = { sql: 'ROLLBACK' }

/** Everybody who uses one handle waits in one line. */
export interface HandleQueue {
  last: Promise<unknown> | undefined
}

export interface RunnerOptions {
  /** How long to wait for a transaction of the app on the same handle to end, in ms. Default 5000. */
  readonly busyTimeout?: number
  /** Shared by all drivers on one handle. */
  readonly queue?: HandleQueue
}

/** How often an open transaction of the app is looked at again, in ms. */
const LOOK_AGAIN = 2

const TRANSACTION_OPEN =
  'The app keeps a transaction open on the database handle that it shares with daybook. Nothing was written; commit ' +
  'or roll back that transaction first, or give daybook a handle of its own.'

/** A driver on a connection.
 *
 * @example
 * const driver = createDriver(connection)
 * const rows = await driver.transaction('read', () => all(statement))
 */
export function createDriver(connection: Connection, options: RunnerOptions = {}): Driver {
  const queue = options.queue ?? { last: undefined }
  const busyTimeout = options.busyTimeout ?? 5000

  const execute = (step: Step): MaybePromise<readonly SqlRow[]> => {
    try {
      const rows = connection.execute(step.statement, step.parameters)
      if (rows instanceof Promise) {
        return rows.catch((error: unknown) => Promise.reject(classifyError(error, step.statement.sql)))
      }
      return rows
    } catch (error) {
      throw classifyError(error, step.statement.sql)
    }
  }

  // The app's own transactions and iterations on a shared handle are over sooner or later; nothing of ours has begun.
  const startWhenFree = async <T>(start: () => MaybePromise<T>): Promise<T> => {
    const giveUp = Date.now() + busyTimeout
    for (;;) {
      let failure: unknown
      if (!connection.inTransaction()) {
        try {
          return await start()
        } catch (error) {
          if (!isHandleInUse(error)) throw error
          failure = error
        }
      }
      if (Date.now() > giveUp) throw failure ?? new BusyError(TRANSACTION_OPEN)
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN))
    }
  }

  const enqueueStart = <T>(start: () => MaybePromise<T>): Promise<T> => {
    const result = (queue.last ?? Promise.resolve()).then(settled, settled).then(() => startWhenFree(start))
    enqueue(queue, result)
    return result
  }

  const inTurn = <T>(start: () => MaybePromise<T>): MaybePromise<T> => {
    if (queue.last !== undefined || connection.inTransaction()) return enqueueStart(start)
    try {
      const result = start()
      if (result instanceof Promise) enqueue(queue, result)
      return result
    } catch (error) {
      if (!isHandleInUse(error)) throw error
      return enqueueStart(start)
    }
  }

  return {
    name: connection.name,
    sqliteVersion: connection.sqliteVersion,
    readonly: connection.readonly,
    ...(connection.warnings && { warnings: connection.warnings }),
    ...(connection.changeToken && { changeToken: () => connection.changeToken!() }),
    close: () => connection.close(),
    transaction: (mode, program) =>
      inTurn(() => runProgram(inTransaction(connection, mode, program), execute)),
    statement: (step) => inTurn(() => execute(step)),
  }
}

const settled = (): void => undefined

function enqueue(queue: HandleQueue, work: Promise<unknown>): void {
  const last = work.then(settled, settled).then(() => {
    if (queue.last === last) queue.last = undefined
  })
  queue.last = last
}

function* inTransaction<T>(
  connection: Connection,
  mode: 'read' | 'write',
  program: () => Program<T>,
): Program<T> {
  yield { statement: BEGIN[mode], parameters: [] }
  let result: T
  try {
    result = yield* program()
  } catch (error) {
    // SQLite may have rolled back by itself already (disk full, I/O error).
    if (connection.inTransaction()) yield { statement: ROLLBACK, parameters: [] }
    throw error
  }
  try {
    yield { statement: COMMIT, parameters: [] }
  } catch (error) {
    // A disk that is full has not taken the frame that commits: SQLite has rolled back.
    const isKnown = mode === 'read' || error instanceof StorageFullError
    if (!connection.inTransaction() && !isKnown) throw new CommitUnknownError({ cause: error })
    if (connection.inTransaction()) yield { statement: ROLLBACK, parameters: [] }
    throw error
  }
  return result
}
