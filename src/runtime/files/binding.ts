/** What a binding offers to whoever works with files: one shape, whatever the binding. */

import { existsSync } from 'node:fs'
import type { Connection, Driver } from '../../drivers/driver.js'
import { createDriver } from '../../drivers/runner.js'
import type { ConnectionSettings } from '../../drivers/settings.js'
import { type Snapshot, snapshotOn } from '../../drivers/snapshot.js'
import { CannotOpenError } from '../../errors.js'

/** Opens a connection to a file, which is created where there is none. */
export type ConnectFile = (filename: string, settings: ConnectionSettings) => Connection

const SETTINGS: ConnectionSettings = { durability: 'process', busyTimeout: 5000 }

/** A driver on a file. */
export const driverOn = (connect: ConnectFile, filename: string): Driver =>
  createDriver(connect(filename, SETTINGS), SETTINGS)

/** The file as it is now, opened only to be read.
 *
 * @throws CannotOpenError when there is none
 */
export async function snapshotOf(connect: ConnectFile, filename: string): Promise<Snapshot> {
  if (!existsSync(filename)) throw new CannotOpenError(`There is no file at ${filename}.`)
  return snapshotOn(connect(filename, { ...SETTINGS, readonly: true }))
}
