/**
 * A daybook's file as the command line has it: opened to read only, unless a verb writes. It needs no code of the app,
 * takes no lock that an app would wait for, and leaves the folder as it was.
 */

import { existsSync, statSync } from 'node:fs'
import type { Driver } from '../drivers/driver.js'
import type { Program } from '../drivers/program.js'
import { createDriver } from '../drivers/runner.js'
import type { ConnectionSettings } from '../drivers/settings.js'
import { CannotOpenError, NotADatabaseError } from '../errors.js'
import { type FileFacts, findLog } from '../log/schema.js'
import { connectFile } from './connect-file.js'

export type Mode = 'read' | 'write'

/** How long to wait for a lock of the app, in ms. */
const BUSY_TIMEOUT = 5000

export class DatabaseFile {
  readonly path: string
  readonly driver: Driver
  readonly facts: FileFacts
  readonly #hadWal: boolean

  private constructor(path: string, driver: Driver, facts: FileFacts, hadWal: boolean) {
    this.path = path
    this.driver = driver
    this.facts = facts
    this.#hadWal = hadWal
    // `| head` ends the process in the middle of a verb.
    process.once('exit', this.#closeNow)
  }

  /** @throws CannotOpenError, NotADatabaseError, CorruptFileError, NewerFormatError, BusyError */
  static async open(path: string, mode: Mode): Promise<DatabaseFile> {
    // SQLite would make a new database of a name that is wrong.
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) throw new CannotOpenError(`There is no file ${path}.`)
    if (!found.isFile()) throw new CannotOpenError(`${path} is not a file.`)
    const hadWal = existsSync(`${path}-wal`)
    const reader = openDriver(path, 'read')
    let facts: FileFacts | undefined
    let file: DatabaseFile | undefined
    try {
      facts = await reader.transaction('read', findLog)
      if (facts === undefined) throw new NotADatabaseError(`${path} is a SQLite database without a daybook.`)
      // Only now is it sure that the file is one that may be written.
      if (mode === 'read') file = new DatabaseFile(path, reader, facts, hadWal)
    } finally {
      if (file === undefined) {
        await reader.close()
        tidy(path, hadWal)
      }
    }
    return file ?? new DatabaseFile(path, openDriver(path, 'write'), facts, true)
  }

  /** Runs a program that only reads, in one transaction: it sees the file at one moment. */
  async inspect<T>(program: () => Program<T>): Promise<T> {
    return this.driver.transaction('read', program)
  }

  /** Runs a program in one write transaction. */
  async change<T>(program: () => Program<T>): Promise<T> {
    return this.driver.transaction('write', program)
  }

  async close(): Promise<void> {
    process.off('exit', this.#closeNow)
    this.#closeNow()
  }

  // Both bindings close at once.
  readonly #closeNow = (): void => {
    void this.driver.close()
    tidy(this.path, this.#hadWal)
  }
}

/** A driver on the file, with whichever binding there is. */
function openDriver(path: string, mode: Mode): Driver {
  const settings: ConnectionSettings = {
    durability: 'power',
    busyTimeout: BUSY_TIMEOUT,
    readonly: mode === 'read',
  }
  return createDriver(connectFile(path, settings), settings)
}

// A reader of a file in WAL mode leaves an empty -wal and a -shm behind. The last connection that could write takes them
// away, if SQLite finds that nobody else has the file open; there is nothing in the -wal for it to write back.
function tidy(path: string, hadWal: boolean): void {
  const wal = statSync(`${path}-wal`, { throwIfNoEntry: false })
  if (hadWal || wal === undefined || wal.size > 0) return
  try {
    void openDriver(path, 'write').close()
  } catch {
    // A folder that cannot be written: two empty files stay.
  }
}
