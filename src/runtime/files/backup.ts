/** A copy of the database in a file of its own, while others write. */

import type { Driver } from '../../drivers/driver.js'
import { step } from '../../drivers/program.js'
import { InvalidOptionError } from '../../errors.js'
import { makeFile } from './new-file.js'

/**
 * Copies the database as it is at one moment: SQLite reads it in one transaction, so the copy is whole, and packs it. It
 * is at `path` when it is complete.
 *
 * @throws FileExistsError, InvalidOptionError, StorageFullError, CannotOpenError
 */
export async function backup(driver: Driver, path: string): Promise<void> {
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0')) {
    throw new InvalidOptionError('path', 'backup() needs the path of a file that is not there yet.')
  }
  await makeFile(path, async (partial) => {
    await driver.statement(step({ sql: 'VACUUM INTO ?' }, partial))
  })
}
