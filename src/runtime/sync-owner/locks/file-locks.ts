/**
 * Locks among everybody who has a database file open, in this process and in others: one lock file for each name, in the
 * folder `<database>-locks` beside it, held as long as its SQLite transaction is open. The database is never locked.
 *
 * First comes the line of this process, so that it opens a lock file once at most (drivers/lock-file.ts says why), then
 * the file. A file cannot tell when it becomes free: whoever waits looks again by a timer. A database in memory has one
 * process at most, and its locks are those of its handle.
 */

import { createHash } from 'node:crypto'
import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Driver } from '../../../drivers/driver.js'
import type { OpenLockFile } from '../../../drivers/lock-file.js'
import { step } from '../../../drivers/program.js'
import { LockUnavailableError } from '../../../errors.js'
import { type Clock, pause } from '../../clock.js'
import { ContextLocks } from './context-locks.js'
import { LockPath } from './lock-path.js'
import { type Lock, type LockRequest, type Locks, noLocks } from './locks.js'

/** How often a lock that is taken is looked at again, in ms. A lock passes on within this time. */
const LOOK_AGAIN = 500

/** The same while somebody waits for it. */
const LOOK_AGAIN_SOON = 50

export interface FileLocksParts {
  readonly driver: Driver
  /** What the daybooks of one database in memory share: the app's handle, or else the driver itself. */
  readonly handle: object
  readonly openLockFile: OpenLockFile
  readonly clock: Clock
}

/** The locks of a database. A connection that cannot write gets none. */
export const fileLocks = (parts: FileLocksParts): Locks =>
  parts.driver.readonly ? noLocks : new FileLocks(parts)

/** The lines of this process, for all databases: a line's name is the path of the lock file. */
const ofThisProcess = new ContextLocks()

const ofHandles = new WeakMap<object, ContextLocks>()

const MAIN_FILE = { sql: 'PRAGMA database_list' }

class FileLocks implements Locks {
  readonly #parts: FileLocksParts
  readonly #since: number

  constructor(parts: FileLocksParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
  }

  async request(name: string, options: LockRequest): Promise<Lock> {
    const database = await this.#databaseFile()
    if (database === undefined) return this.#ofHandle().request(name, options)
    const path = join(`${database.path}-locks`, lockFileName(name))
    const turn = await ofThisProcess.request(path, options)
    const file = new LockPath({
      path,
      mode: database.mode,
      openLockFile: this.#parts.openLockFile,
    })
    try {
      await this.#wait(file, options)
    } catch (error) {
      file.giveUp()
      turn.release()
      throw error
    }
    let held = true
    return {
      release: () => {
        if (held) file.release()
        held = false
        turn.release()
      },
    }
  }

  async #wait(file: LockPath, { signal, urgent, steal }: LockRequest): Promise<void> {
    if (steal === true) file.orphan()
    for (;;) {
      signal.throwIfAborted()
      if (file.tryLock()) return
      await pause(this.#parts.clock, urgent === true ? LOOK_AGAIN_SOON : this.#untilNextLook(), signal)
    }
  }

  // All that wait look in the same moment, which wakes the process once; each handle in a moment of its own.
  #untilNextLook(): number {
    return LOOK_AGAIN - ((this.#parts.clock.now() - this.#since) % LOOK_AGAIN)
  }

  #ofHandle(): ContextLocks {
    const { handle } = this.#parts
    const locks = ofHandles.get(handle) ?? new ContextLocks()
    ofHandles.set(handle, locks)
    return locks
  }

  // SQLite knows it for every handle; one path for all names that links give the file. Nothing for one in memory.
  async #databaseFile(): Promise<{ path: string; mode: number } | undefined> {
    const databases = await this.#parts.driver.statement(step(MAIN_FILE))
    const { file } = databases.find(({ name }) => name === 'main') as { file: string | null }
    if (file === null || file === '') return undefined
    try {
      const path = realpathSync.native(file)
      return { path, mode: statSync(path).mode }
    } catch (cause) {
      throw new LockUnavailableError(file, { cause })
    }
  }
}

/**
 * A readable beginning, for a person who looks into the folder, and what makes it unique: the hash of the UTF-16 of the
 * name, which tells apart even names that no file system can spell.
 */
function lockFileName(name: string): string {
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40)
  const hash = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest('hex')
  return slug === '' ? hash : `${slug}-${hash}`
}
