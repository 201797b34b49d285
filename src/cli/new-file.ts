/** A database file that a verb makes: it takes its name when it is complete, and nothing is ever overwritten. */

import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import type { Driver } from '../drivers/driver.js'
import { openDriver } from './database-file.js'
import { UsageError } from './exit-codes.js'

const SUFFIXES = ['', '-wal', '-shm']

/**
 * Makes a database of that name with `write`; nothing is left of it when that fails.
 *
 * @throws UsageError when there is such a file already
 */
export async function makeFile(path: string, write: (driver: Driver) => Promise<void>): Promise<void> {
  if (existsSync(path))
    throw new UsageError(`${path} is there already, and is not overwritten: name another file.`)
  const unfinished = `${path}.unfinished`
  const remove = (): void => {
    for (const suffix of SUFFIXES) rmSync(unfinished + suffix, { force: true })
  }
  remove()
  const driver = openDriver(unfinished, 'write')
  try {
    await write(driver)
    await driver.close()
    takeName(unfinished, path)
  } catch (error) {
    await driver.close()
    remove()
    throw error
  }
}

// A link is made only where there is nothing of that name; not every file system has them.
function takeName(unfinished: string, path: string): void {
  try {
    linkSync(unfinished, path)
    rmSync(unfinished)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST' || existsSync(path)) {
      throw new UsageError(`${path} has appeared meanwhile, and is not overwritten: name another file.`)
    }
    renameSync(unfinished, path)
  }
}
