/** Database files in a temporary folder of their own, gone when the test file is done. */

import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

let folder: string | undefined
let count = 0

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
})

/** A path at which there is nothing yet. */
export function newFile(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'daybook-test-'))
  return join(folder, `${++count}.db`)
}

/**
 * What a kill of the process leaves behind: the file and its -wal as they are now, at a new path. The -shm is not
 * taken along; SQLite makes it anew from the -wal.
 */
export function copyAsKilled(filename: string): string {
  const copy = newFile()
  copyFileSync(filename, copy)
  if (existsSync(`${filename}-wal`)) copyFileSync(`${filename}-wal`, `${copy}-wal`)
  return copy
}

/** Removes a database file before the test file is done; properties use many. */
export function removeFile(filename: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(filename + suffix, { force: true })
}
