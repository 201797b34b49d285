/** What the contracts have in common: a driver under test on new files, and short ways to ask it. */

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, test } from 'vitest'
import type { Connection, Driver } from '../../drivers/driver.js'
import { all, type Program } from '../../drivers/program.js'
import { createDriver } from '../../drivers/runner.js'
import type { MaybePromise, SqlRow, SqlValue, Statement } from '../../drivers/statement.js'

/** Opens the driver under test, or a bare connection of it, on a file; it waits at most `busyTimeout` ms for locks. */
export type OpenDriver = (filename: string, busyTimeout: number) => MaybePromise<Driver | Connection>

/** What is different with a binding, and right all the same. */
export interface DriverFacts {
  /** A connection has its file to itself: nobody else can have it open. Default false. */
  readonly alone?: boolean
  /** The handle is the app's: `close()` leaves it open. Default false. */
  readonly shared?: boolean
}

export interface Harness {
  readonly name: string
  readonly facts: DriverFacts
  /** Opens a file, a new one by default. Whatever is open when a test ends is closed. */
  open(filename?: string, busyTimeout?: number): Promise<Driver>
  close(driver: Driver): Promise<void>
  /** A path at which there is nothing yet. */
  newFile(): string
  /** What a kill of the process would leave now: the file and its WAL, at a new path. */
  copyAsKilled(filename: string): string
  /** A test that needs two connections on one file. */
  shared(title: string, work: () => Promise<void>): void
}

export const sql = (text: string): Statement => ({ sql: text })

export const ask = async (
  driver: Driver,
  text: string,
  ...parameters: SqlValue[]
): Promise<readonly SqlRow[]> =>
  driver.transaction('read', () => all(sql(text), ...parameters) as Program<readonly SqlRow[]>)

export const write = async (
  driver: Driver,
  text: string,
  ...parameters: SqlValue[]
): Promise<readonly SqlRow[]> =>
  driver.transaction('write', () => all(sql(text), ...parameters) as Program<readonly SqlRow[]>)

/** Call it while vitest collects tests: it registers its own cleaning up. */
export function harness(name: string, openDriver: OpenDriver, facts: DriverFacts): Harness {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-driver-'))
  const opened = new Set<Driver>()
  let files = 0

  const newFile = (): string => join(folder, `${++files}.db`)
  const close = async (driver: Driver): Promise<void> => {
    opened.delete(driver)
    await driver.close()
  }

  afterEach(async () => {
    for (const driver of opened) await close(driver)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  return {
    name,
    facts,
    newFile,
    close,
    async open(filename = newFile(), busyTimeout = 50) {
      const made = await openDriver(filename, busyTimeout)
      const driver = 'execute' in made ? createDriver(made, { busyTimeout }) : made
      opened.add(driver)
      return driver
    },
    copyAsKilled(filename) {
      const copy = newFile()
      // Not the -shm: SQLite makes it anew from the -wal.
      for (const suffix of ['', '-wal']) {
        if (existsSync(filename + suffix)) copyFileSync(filename + suffix, copy + suffix)
      }
      return copy
    },
    shared(title, work) {
      if (facts.alone !== true) test(title, work)
    },
  }
}
