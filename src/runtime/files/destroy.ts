/**
 * Destroying a database file: first its log goes, in one transaction that every connection sees; then what daybook keeps beside
 * it, and the file itself.
 *
 * Killed at any moment, it leaves the old daybook or none. A context that has the file open finds the log gone and lets go of
 * the file; where one stays, the emptied file stays as well, for whoever unlinks a file that is in use leaves the other
 * with one that nobody can find. A file that SQLite cannot read is nobody's to use any more, and is removed as it is.
 */

import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Connection, Driver } from '../../drivers/driver.js'
import { step } from '../../drivers/program.js'
import { createDriver } from '../../drivers/runner.js'
import type { ConnectionSettings } from '../../drivers/settings.js'
import { BusyError, NotADatabaseError } from '../../errors.js'
import { isWiped, wipe } from '../../materializer/wipe.js'
import { type Clock, pause } from '../clock.js'
import { erase, truncateWal } from '../journal/erase.js'
import { isDamage } from '../quarantine/damage.js'
import type { ConnectFile } from './binding.js'
import { fileAt } from './file-at.js'

/** How long others have to let go of the file, in ms, and how often that is looked at. */
const LET_GO = 1000
const LOOK_AGAIN = 20

export interface DestroyFileParts {
  readonly filename: string
  /** The log that is meant; without one, whatever is there. */
  readonly log: string | undefined
  readonly connect: ConnectFile
  readonly settings: ConnectionSettings
  readonly clock: Clock
}

/** @throws BusyError, ReadOnlyError, StorageIoError; NotADatabaseError when the file is readable and another program's */
export async function destroyFile(parts: DestroyFileParts): Promise<void> {
  const { filename, log, connect, settings, clock } = parts
  // A database in memory has gone with its handle.
  if (filename === ':memory:') return
  if (!existsSync(filename)) {
    removeBeside(filename)
    return
  }
  const path = realpathSync.native(filename)
  const at = fileAt(path)
  try {
    if (await wipeFile(path, log, connect, settings)) await removeWhenFree(path, connect, settings, clock)
  } catch (error) {
    // Another context has removed it meanwhile: what is there now may be a daybook of its own.
    if (fileAt(path) !== at) return destroyFile(parts)
    if (!isUnreadable(error)) throw error
    removeBeside(path)
    removeUnreadable(path)
  }
}

const isUnreadable = (error: unknown): boolean => isDamage(error) && !isOthers(error)

/** A database that can be read, and that is not daybook's. */
const isOthers = (error: unknown): boolean => error instanceof NotADatabaseError && error.cause === undefined

/** Takes all of daybook out of the file; answers whether nothing else is in it. */
async function wipeFile(
  path: string,
  log: string | undefined,
  connect: ConnectFile,
  settings: ConnectionSettings,
): Promise<boolean> {
  const connection = connect(path, settings)
  try {
    const driver = createDriver(connection, settings)
    const wiped = await driver.transaction('write', function* () {
      const wiped = yield* wipe(log)
      // Before the commit: whoever is killed in between has the old daybook, and asks again.
      if (wiped !== 'another') removeBeside(path)
      return wiped
    })
    if (wiped === 'another') return false
    if (wiped.damaged) await removeWiped(path, driver)
    else await erase({ execute: async (sql) => driver.statement(step({ sql })) })
    return wiped.others === 0 && !wiped.damaged
  } finally {
    await connection.close()
  }
}

async function removeWhenFree(
  path: string,
  connect: ConnectFile,
  settings: ConnectionSettings,
  clock: Clock,
): Promise<void> {
  const { signal } = new AbortController()
  for (let waited = 0; waited <= LET_GO; waited += LOOK_AGAIN) {
    if (await removeIfFree(path, connect, { ...settings, busyTimeout: 0 })) return
    await pause(clock, LOOK_AGAIN, signal)
  }
}

/** Answers whether no other connection had the file. */
async function removeIfFree(
  path: string,
  connect: ConnectFile,
  settings: ConnectionSettings,
): Promise<boolean> {
  let connection: Connection | undefined
  try {
    connection = connect(path, settings)
    const driver = createDriver(connection, settings)
    // SQLite leaves WAL only for a connection that is alone.
    const [row] = await driver.statement(step({ sql: 'PRAGMA journal_mode = DELETE' }))
    if (row?.journal_mode !== 'delete') return false
    await removeWiped(path, driver)
    return true
  } catch (error) {
    if (error instanceof BusyError) return false
    throw error
  } finally {
    await connection?.close()
  }
}

/** Under the write lock: nobody begins another log in it meanwhile. */
async function removeWiped(path: string, driver: Driver): Promise<void> {
  await driver.transaction('write', function* () {
    if (!(yield* isWiped())) return
    try {
      removeFile(path)
      rmSync(`${path}-locks`, { recursive: true, force: true })
    } catch (error) {
      // Windows removes no file that is open.
      if (!['EBUSY', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  })
}

/** The file last: without it nobody would look for the others. */
function removeFile(path: string): void {
  for (const suffix of ['-wal', '-shm', '-journal', '']) rmSync(path + suffix, { force: true })
}

/**
 * The names go first, so that nobody can open what is emptied next: those that still have it open are to find nothing.
 */
function removeUnreadable(path: string): void {
  const files = ['-shm', '-wal', ''].flatMap((suffix) => {
    const file = path + suffix
    if (!existsSync(file)) return []
    return [{ suffix, opened: openSync(file, 'r+') }]
  })
  removeFile(path)
  for (const { suffix, opened } of files) {
    // The index of the -wal, which others have mapped, is not to be cut short under them.
    if (suffix === '-shm')
      writeSync(opened, new Uint8Array(Math.min(fstatSync(opened).size, WAL_INDEX_HEADER)))
    else ftruncateSync(opened, 0)
    closeSync(opened)
  }
}

/** https://www.sqlite.org/walformat.html#the_wal_index_file_format */
const WAL_INDEX_HEADER = 136

/** What daybook keeps beside a file: damaged ones that were set aside, and what a salvage has begun. */
function removeBeside(path: string): void {
  const folder = dirname(path)
  if (!existsSync(folder)) return
  const name = basename(path)
  for (const other of readdirSync(folder)) {
    if (other.startsWith(name) && BESIDE.test(other.slice(name.length)))
      rmSync(join(folder, other), { force: true })
  }
}

const BESIDE =
  /^\.(suspect|(salvaged(\.partial|\.source)?|damaged-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z)(-wal|-shm|-journal)?)$/

/** Destroys the daybook in a database whose handle is the app's: the app's own tables stay. */
export async function destroyTables(driver: Driver, log: string | undefined): Promise<void> {
  const execute = async (sql: string) => driver.statement(step({ sql }))
  const [before] = await execute('PRAGMA secure_delete')
  await execute('PRAGMA secure_delete = ON')
  try {
    await driver.transaction('write', () => wipe(log))
  } finally {
    await execute(`PRAGMA secure_delete = ${Number(before?.secure_delete ?? 0)}`)
  }
  await truncateWal({ execute })
}
