/**
 * A damaged file, as a copy that may be written: the file itself is never touched, not even by SQLite's own recovery.
 *
 * A file that is shorter than it says is made as long again with empty pages: SQLite refuses all of the first, and only
 * what is on them of the second.
 */

import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs'
import type { Driver } from '../../../drivers/driver.js'
import { CannotOpenError, NewerFormatError, NotADatabaseError, UnsalvageableError } from '../../../errors.js'
import { findLog, hasLog, isId } from '../../../log/schema.js'
import { type ConnectFile, driverOn } from '../binding.js'
import { remove } from '../new-file.js'

/** Opens a copy of the file at `copy`, calls `read` with it and its id, if that can be read, and removes it again. */
export async function withDamagedFile<T>(
  connect: ConnectFile,
  path: string,
  copy: string,
  read: (driver: Driver, id: string | undefined) => Promise<T>,
): Promise<T> {
  if (!existsSync(path)) throw new CannotOpenError(`There is no file at ${path}.`)
  remove(copy)
  let driver: Driver | undefined
  try {
    copyFileSync(path, copy)
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
    mendHeader(copy)
    let id: string | undefined
    try {
      driver = driverOn(connect, copy)
      id = await idOf(driver, path)
    } catch (cause) {
      throw new UnsalvageableError(path, { cause })
    }
    return await read(driver, id)
  } finally {
    await driver?.close()
    remove(copy)
  }
}

async function idOf(driver: Driver, path: string): Promise<string | undefined> {
  try {
    const facts = await driver.transaction('read', findLog)
    if (facts === undefined) throw new NotADatabaseError(`${path} has no daybook in it.`)
    return isId(facts.id) ? facts.id : undefined
  } catch (error) {
    if (error instanceof NewerFormatError || !(await driver.transaction('read', hasLog))) throw error
    // What it says of itself is damaged, and the log may be whole.
    return undefined
  }
}

/** https://www.sqlite.org/fileformat2.html#the_database_header */
const MAGIC = 'SQLite format 3\0'
const HEADER = 100

function mendHeader(file: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    const header = Buffer.alloc(HEADER)
    if (readSync(descriptor, header, 0, HEADER, 0) < HEADER) return
    if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) writeSync(descriptor, MAGIC, 0, 'latin1')
    const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
    const length = pageSize * header.readUInt32BE(28)
    // A size that no damage explains is damage itself.
    const { size } = fstatSync(descriptor)
    if (length > size && length < size * 64 + (1 << 24)) ftruncateSync(descriptor, length)
  } finally {
    closeSync(descriptor)
  }
}
