/** A daybook on a connection of the test, with a clock that the test moves, whose store can be made to fail. */

import type { Connection } from '../../src/drivers/driver.js'
import { createDriver } from '../../src/drivers/runner.js'
import { Daybook, type DaybookParts } from '../../src/runtime/daybook/daybook.js'
import { openJournal } from '../../src/runtime/open.js'
import { Origin } from '../../src/runtime/origin.js'
import { ContextLocks } from '../../src/runtime/sync-owner/locks/context-locks.js'
import type { Locks } from '../../src/runtime/sync-owner/locks/locks.js'
import { FakeClock } from './clock.js'
import { sqliteError } from './connections.js'

export interface TestDaybook {
  readonly daybook: Daybook
  readonly clock: FakeClock
  /** What the daybook told: errors, and the events of storage, source and sync owner. */
  readonly told: { readonly event: string; readonly value: unknown }[]
}

/** Daybooks on one database are given the same `locks`. */
export function daybookOn(
  connection: Connection,
  clock = new FakeClock(),
  locks: Locks = new ContextLocks(),
  trace?: DaybookParts['trace'],
): TestDaybook {
  const origin = new Origin()
  const daybook = new Daybook({
    origin,
    clock,
    trace,
    open: async (onError, trace) => {
      const opened = await openJournal({
        driver: createDriver(connection, { busyTimeout: 1000 }),
        clock,
        origin,
        durability: 'process',
        retain: 'all',
        onError,
        trace,
      })
      return { ...opened, locks: () => locks }
    },
  })
  const told: TestDaybook['told'] = []
  for (const event of ['error', 'storage', 'source', 'warning', 'sync'] as const) {
    daybook.on(event, (value) => told.push({ event, value }))
  }
  return { daybook, clock, told }
}

/** A connection whose writes can be made to fail while the test runs. */
export interface Breakable {
  readonly connection: Connection
  /** Writes fail with this SQLite error from now on; `undefined` mends it. */
  fail(code: string | undefined): void
}

export const breakable = (real: Connection): Breakable =>
  failing(real, (sql) => /^(insert|update|delete|create|drop)/i.test(sql))

/** A connection whose every statement can be made to fail. */
export const stubborn = (real: Connection): Breakable => failing(real, () => true)

function failing(real: Connection, fails: (sql: string) => boolean): Breakable {
  let code: string | undefined
  return {
    fail: (next) => {
      code = next
    },
    connection: {
      ...real,
      execute(statement, parameters) {
        if (code !== undefined && fails(statement.sql)) {
          throw sqliteError(code, `injected ${code}`)
        }
        return real.execute(statement, parameters)
      },
    },
  }
}
