/** The options of openDaybook in the runtimes that have files, checked. */

import { InvalidOptionError } from '../errors.js'
import {
  type CheckedOptions,
  checkDaybookOptions,
  checkNames,
  type DaybookOptions,
  SHARED_OPTIONS,
} from './daybook/options.js'

export interface FileOptions<Handle> extends DaybookOptions {
  /** The database file; it is created where there is none. Its folder must exist. */
  filename?: string
  /** A handle that the app already has, instead of `filename`. It stays the app's: daybook never closes it. */
  database?: Handle
  /** How long to wait for a lock of another connection, in ms. Default 5000. */
  busyTimeout?: number
  /**
   * What to do with a file that is damaged when it is opened. `throw` (default): reject with the reason, and touch nothing.
   * `quarantine`: set it aside under a name with the time, salvage what can be read into a new file and start from that;
   * the `damage` event says what was lost. An open sees what shows at once; damage that is met later is an error of whoever
   * meets it, and makes the next open look at everything. Only for a file that no other process has open.
   */
  onCorruption?: 'throw' | 'quarantine'
}

const FILE_OPTIONS = ['filename', 'database', 'busyTimeout', 'onCorruption', ...SHARED_OPTIONS]

/** The options with their defaults.
 *
 * @throws InvalidOptionError
 */
export function checkFileOptions(options: FileOptions<object>): CheckedOptions & { busyTimeout: number } {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(
      'options',
      "openDaybook() needs options: openDaybook({ filename: 'app.db' }).",
    )
  }
  checkNames(options, FILE_OPTIONS, 'openDaybook()')
  const { busyTimeout = 5000 } = options
  if (typeof busyTimeout !== 'number' || !(busyTimeout >= 0 && busyTimeout <= 2 ** 31 - 1)) {
    throw new InvalidOptionError('busyTimeout', '`busyTimeout` is a number of milliseconds, from 0.')
  }
  // On a page the type alone says so: every byte there is loaded by everybody.
  if (options.trace !== undefined && typeof options.trace !== 'function') {
    throw new InvalidOptionError('trace', '`trace` is a function.')
  }
  return { ...checkDaybookOptions(options), busyTimeout }
}

/** Exactly one of `filename` and `database`.
 *
 * @throws InvalidOptionError
 */
export function whichDatabase<Handle extends object>({
  filename,
  database,
  onCorruption = 'throw',
}: FileOptions<Handle>): { filename: string } | { database: Handle } {
  if ((filename === undefined) === (database === undefined)) {
    throw new InvalidOptionError('filename', 'openDaybook() needs either `filename` or `database`, not both.')
  }
  if (onCorruption !== 'throw' && onCorruption !== 'quarantine') {
    throw new InvalidOptionError('onCorruption', "`onCorruption` is 'throw' (default) or 'quarantine'.")
  }
  if (onCorruption === 'quarantine' && database !== undefined) {
    throw new InvalidOptionError('onCorruption', "`onCorruption: 'quarantine'` needs `filename`.")
  }
  if (database !== undefined) {
    if (typeof (database as { prepare?: unknown } | null)?.prepare !== 'function') {
      throw new InvalidOptionError('database', '`database` must be an open database handle of this binding.')
    }
    return { database }
  }
  if (typeof filename !== 'string' || filename.trim() === '') {
    throw new InvalidOptionError(
      'filename',
      '`filename` must be a path: SQLite would keep an unnamed database nowhere.',
    )
  }
  // SQLite would read the part before the NUL and open another file.
  if (filename.includes('\0'))
    throw new InvalidOptionError('filename', '`filename` must not contain a NUL character.')
  return { filename }
}
