/** openDaybook for the runtimes that have files: one shape, whatever the binding. */

import type { Driver } from '../drivers/driver.js'
import type { LockFile } from '../drivers/lock-file.js'
import type { ConnectionSettings } from '../drivers/settings.js'
import { systemClock } from './clock.js'
import { Daybook } from './daybook/daybook.js'
import { checkFileOptions, type FileOptions, whichDatabase } from './file-options.js'
import type { ConnectFile } from './files/binding.js'
import { fileAt } from './files/file-at.js'
import { type OpenedHere, openJournal } from './open.js'
import { Origin } from './origin.js'
import { fileLocks } from './sync-owner/locks/file-locks.js'

/** How a binding opens a file, how it takes over a handle, and how it opens the files of locks. */
export interface FileBinding<Handle> {
  readonly connect: ConnectFile
  readonly openFile: (filename: string, settings: ConnectionSettings) => Driver
  readonly useHandle: (database: Handle, settings: ConnectionSettings) => Driver
  readonly openLockFile: (path: string, database: Handle | undefined) => LockFile
}

/** @throws InvalidOptionError */
export function openFileDaybook<Handle extends object>(
  options: FileOptions<Handle>,
  { openFile, connect, useHandle, openLockFile }: FileBinding<Handle>,
): Daybook {
  const settings = checkFileOptions(options)
  const which = whichDatabase(options)
  const { trace } = options
  const { codecs } = settings
  const origin = new Origin()
  const clock = systemClock
  const file = (): string | undefined => ('filename' in which ? fileAt(which.filename) : undefined)
  return new Daybook({
    origin,
    clock,
    codecs,
    trace,
    onUnheardWarning: (warning) => process.emitWarning(warning, 'DaybookWarning'),
    open: async (onError, trace, onDestroyed) => {
      let driver: Driver | undefined
      const open = async (watch = (own: Driver): Driver => own): Promise<OpenedHere> => {
        for (;;) {
          const found = file()
          let at = found
          try {
            driver = watch(
              'filename' in which ? openFile(which.filename, settings) : useHandle(which.database, settings),
            )
            at ??= file()
            const opened = await openJournal({
              driver,
              clock,
              origin,
              onError,
              trace,
              onDestroyed,
              ...settings,
            })
            if (file() === at) return opened
            await opened.journal.close()
          } catch (error) {
            if (file() === at) throw error
          }
          // What was opened was destroyed in that moment and is at no path: nobody would find what is written to it.
        }
      }
      const openOrQuarantine = async (filename: string): Promise<OpenedHere> => {
        const [{ openOrQuarantine }, { filePlace }] = await Promise.all([
          import('./quarantine/quarantine.js'),
          import('./files/file-place.js'),
        ])
        return openOrQuarantine({ place: filePlace(filename, connect, clock), open })
      }
      const opened =
        'filename' in which && options.onCorruption === 'quarantine'
          ? await openOrQuarantine(which.filename)
          : await open()
      const used = driver as unknown as Driver
      const database = 'database' in which ? which.database : undefined
      const locks = fileLocks({
        driver: used,
        handle: database ?? used,
        openLockFile: (path) => openLockFile(path, database),
        clock,
      })
      return {
        ...opened,
        locks: () => locks,
        backup: async (path) => (await import('./files/backup.js')).backup(used, path),
      }
    },
    destroy: async (log) => {
      const { destroyFile, destroyTables } = await import('./files/destroy.js')
      if ('database' in which) await destroyTables(useHandle(which.database, settings), log)
      else await destroyFile({ filename: which.filename, log, connect, settings, clock })
    },
  })
}
