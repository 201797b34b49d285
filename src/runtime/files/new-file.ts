/** Making a database file: beside its place, and put there when it is complete, so that half of one is never taken for it. */

import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { FileExistsError, StorageFullError } from '../../errors.js'

/** Whether there is a file that has anything in it. */
export const isThere = (path: string): boolean => existsSync(path) && statSync(path).size > 0

/**
 * Calls `make` with the path of a file to be made, which is at `path` when it has been.
 *
 * @throws FileExistsError when there is a file already; StorageFullError
 */
export async function makeFile<T>(path: string, make: (partial: string) => Promise<T>): Promise<T> {
  if (existsSync(path)) throw new FileExistsError(path)
  const partial = `${path}.partial`
  // Of one that was killed.
  remove(partial)
  try {
    const made = await make(partial)
    // SQLite closes a database whose -wal it could not bring into the file, and says nothing.
    if (isThere(`${partial}-wal`)) throw new StorageFullError({ cause: new Error('its -wal is left') })
    sync(partial)
    // SQLite would take what an older file of that name has left for the new one's.
    remove(path)
    renameSync(partial, path)
    sync(dirname(path))
    return made
  } finally {
    remove(partial)
  }
}

/** Removes a database file and what SQLite keeps beside it. */
export function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true })
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } catch {
    // Some systems do not sync what was opened for reading, or a folder.
  } finally {
    closeSync(file)
  }
}
