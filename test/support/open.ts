/** One session: a process that has the database open, with everything that is injectable in the test's hands. */

import Database from 'better-sqlite3'
import { openBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import type { Connection, Driver } from '../../src/drivers/driver.js'
import { createDriver } from '../../src/drivers/runner.js'
import type { Entry, Transaction } from '../../src/log/entry.js'
import { encodeOps, type Op } from '../../src/log/op.js'
import type { Retain } from '../../src/materializer/compact.js'

import { type OpenedHere, openJournal } from '../../src/runtime/open.js'
import { Origin } from '../../src/runtime/origin.js'
import { FakeClock } from './clock.js'

export interface Session extends OpenedHere {
  readonly driver: Driver
  readonly clock: FakeClock
  /** What reached nobody: failures of the background. */
  readonly errors: unknown[]
}

let sessions = 0

/** Opens a journal on a driver. The opener's origin is `opener-1`, `opener-2`, … so that it never meets a test's own. */
export async function openOn(
  driver: Driver,
  clock = new FakeClock(),
  retain: Retain = 'all',
): Promise<Session> {
  const errors: unknown[] = []
  const opened = await openJournal({
    driver,
    clock,
    origin: new Origin(`opener-${++sessions}`),
    durability: 'process',
    retain,
    onError: (error) => errors.push(error),
  })
  return { ...opened, driver, clock, errors }
}

/** Opens a journal on a file with the real driver. */
export const openFile = (filename: string): Promise<Session> =>
  openOn(openBetterSqlite3(filename, { durability: 'process', busyTimeout: 1000 }))

/** Opens a journal on a connection. */
export const openConnection = (connection: Connection, clock?: FakeClock): Promise<Session> =>
  openOn(createDriver(connection, { busyTimeout: 1000 }), clock)

/** A transaction, ready to be sent any number of times. */
export const transaction = (origin: string, originSeq: number, ops: readonly Op[]): Transaction => ({
  origin,
  originSeq,
  parts: encodeOps(ops),
})

/** All entries of the log, read page by page. */
export async function readAll(session: Pick<Session, 'journal'>, limit?: number): Promise<Entry[]> {
  const entries: Entry[] = []
  let after = { term: 0, seq: 0 }
  for (;;) {
    const answer = await session.journal.read(after, limit)
    if ('trimmed' in answer) {
      if (entries.length > 0) throw new Error('trimmed while reading')
      after = { term: answer.trimmed.term, seq: answer.trimmed.seq - 1 }
      continue
    }
    const last = answer.entries.at(-1)
    if (last === undefined) return entries
    entries.push(...answer.entries)
    after = last.position
  }
}

/** Raw SQL on a file, past daybook: for looking and for damaging. */
export function sql<T = Record<string, unknown>>(
  filename: string,
  text: string,
  ...parameters: unknown[]
): T[] {
  const database = new Database(filename)
  try {
    const statement = database.prepare(text)
    if (statement.reader) return statement.all(...parameters) as T[]
    statement.run(...parameters)
    return []
  } finally {
    database.close()
  }
}

/** Several statements of raw SQL. */
export function exec(filename: string, text: string): void {
  const database = new Database(filename)
  try {
    database.exec(text)
  } finally {
    database.close()
  }
}
