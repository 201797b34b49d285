/** openDaybook for the runtimes that have files: one shape, whatever the binding. */

import type { Driver } from '../drivers/driver.js'
import type { LockFile } from '../drivers/lock-file.js'
import type { ConnectionSettings } from '../drivers/settings.js'
import { systemClock } from './clock.js'
import { Daybook } from './daybook.js'
import * as fullCodec from './full-codec.js'
import { openJournal } from './open.js'
import { checkDaybookOptions, type FileOptions, whichDatabase } from './options.js'
import { Origin } from './origin.js'
import { fileLocks } from './roles/file-locks.js'

/** How a binding opens a file, how it takes over a handle, and how it opens the files of locks. */
export interface FileBinding<Handle> {
  readonly openFile: (filename: string, settings: ConnectionSettings) => Driver
  readonly useHandle: (database: Handle, settings: ConnectionSettings) => Driver
  readonly openLockFile: (path: string, database: Handle | undefined) => LockFile
}

/** @throws InvalidOptionError */
export function openFileDaybook<Handle extends object>(
  options: FileOptions<Handle>,
  { openFile, useHandle, openLockFile }: FileBinding<Handle>,
): Daybook {
  const settings = checkDaybookOptions(options)
  const which = whichDatabase(options)
  const origin = new Origin()
  const clock = systemClock
  return new Daybook({
    origin,
    clock,
    codec: fullCodec,
    onUnheardWarning: (warning) => process.emitWarning(warning, 'DaybookWarning'),
    open: async (onError) => {
      const driver =
        'filename' in which ? openFile(which.filename, settings) : useHandle(which.database, settings)
      const opened = await openJournal({ driver, clock, origin, onError, ...settings })
      const database = 'database' in which ? which.database : undefined
      const locks = fileLocks({
        driver,
        handle: database ?? driver,
        openLockFile: (path) => openLockFile(path, database),
        clock,
      })
      return {
        ...opened,
        locks: () => locks,
        backup: async (path) => (await import('./files/backup.js')).backup(driver, path),
      }
    },
  })
}
