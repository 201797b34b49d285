/**
 * The lock at a path: an EXCLUSIVE transaction on the file that is there now.
 *
 * Lock files hold nothing and may be deleted at any time, by daybook itself or by a person: whoever gets the lock of a
 * file that is no longer at its path has locked nothing, and tries the file that is. (One that is deleted while it is
 * held lets a second holder in; the claim in the log then says whose transactions count.)
 */

import { chmodSync, mkdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LockFile, OpenLockFile } from '../../../drivers/lock-file.js'
import { LockUnavailableError } from '../../../errors.js'
import { fileAt } from '../../files/file-at.js'

/** How often a file that vanishes between two steps is made anew at once. */
const TRIES = 3

export interface LockPathParts {
  /** The lock file; its folder is made when it is missing. */
  readonly path: string
  readonly openLockFile: OpenLockFile
  /** The permissions of the database: whoever may write that may take the lock. */
  readonly mode: number
}

export class LockPath {
  readonly #parts: LockPathParts
  #file: { readonly lock: LockFile; readonly identity: string } | undefined

  constructor(parts: LockPathParts) {
    this.#parts = parts
  }

  /** Takes the lock if it is free.
   *
   * @throws LockUnavailableError
   */
  tryLock(): boolean {
    let failure: unknown
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        const locked = this.#tryFile()
        if (locked !== undefined) return locked
        failure = undefined
      } catch (error) {
        // Somebody may have taken away the file, or the folder, in this very moment.
        failure = error
      }
      this.#close()
    }
    if (failure !== undefined) throw new LockUnavailableError(this.#parts.path, { cause: failure })
    return false
  }

  /** Gives the lock back, and takes the file away if it was held: nobody has to tidy up. */
  release(): void {
    const { path } = this.#parts
    const { identity } = this.#file ?? {}
    asCourtesy(() => {
      // While it is locked, so that nobody else can have it. Windows lets nobody delete an open file: it stays.
      if (identity !== undefined && fileAt(path) === identity) unlinkSync(path)
    })
    this.#close()
    // Fails while there are other locks in it.
    asCourtesy(() => rmdirSync(dirname(path)))
  }

  /** Takes the file away from whoever holds its lock: the next one at the path is a new lock. */
  orphan(): void {
    asCourtesy(() => unlinkSync(this.#parts.path))
  }

  /** Stops trying. The file may be somebody else's lock: it stays. */
  giveUp(): void {
    this.#close()
  }

  /** Tries the file that was opened; no answer when it is not the one at the path any more. */
  #tryFile(): boolean | undefined {
    this.#file ??= this.#open()
    const { lock, identity } = this.#file
    const locked = lock.tryLock()
    return fileAt(this.#parts.path) === identity ? locked : undefined
  }

  #open(): { lock: LockFile; identity: string } {
    const { path, openLockFile, mode } = this.#parts
    makeFolder(dirname(path), mode)
    const isNew = fileAt(path) === undefined
    const lock = openLockFile(path)
    if (isNew) asCourtesy(() => chmodSync(path, mode & 0o666))
    return { lock, identity: fileAt(path) ?? 'gone' }
  }

  #close(): void {
    this.#file?.lock.close()
    this.#file = undefined
  }
}

// Whoever may read or write the database may do so with the files in the folder. The database's own folder is there.
function makeFolder(folder: string, mode: number): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  asCourtesy(() => chmodSync(folder, (mode & 0o666) | ((mode & 0o444) >> 2)))
}

/** Something that the lock does not depend on. */
function asCourtesy(work: () => void): void {
  try {
    work()
  } catch {
    // It is tried again by whoever comes next.
  }
}
