/** The options of openDaybook that every runtime shares, checked. */

import type { Durability } from '../drivers/settings.js'
import { InvalidOptionError } from '../errors.js'
import type { Retain } from '../materializer/compact.js'

export interface DaybookOptions {
  /**
   * What an acknowledged write survives. `process` (default): a kill of the process, at any moment. `power`: also a
   * power cut, for one more fsync in each commit.
   */
  durability?: Durability
  /**
   * How much of the log is kept: `'all'`, or at least the newest `entries` (default 100,000). Older entries are
   * trimmed in the background, behind a checkpoint; rows are never touched by it.
   */
  retain?: Retain
  /** How long to wait for a lock of another connection, in ms. Default 5000. */
  busyTimeout?: number
}

/** The options with their defaults.
 *
 * @throws InvalidOptionError
 */
export function checkDaybookOptions(options: DaybookOptions): Required<DaybookOptions> {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError(
      'options',
      "openDaybook() needs options: openDaybook({ filename: 'app.db' }).",
    )
  }
  const { durability = 'process', retain = { entries: 100_000 }, busyTimeout = 5000 } = options
  if (durability !== 'process' && durability !== 'power') {
    throw new InvalidOptionError('durability', "`durability` is 'process' (default) or 'power'.")
  }
  if (typeof busyTimeout !== 'number' || !(busyTimeout >= 0 && busyTimeout <= 2 ** 31 - 1)) {
    throw new InvalidOptionError('busyTimeout', '`busyTimeout` is a number of milliseconds, from 0.')
  }
  if (retain !== 'all' && !(Number.isSafeInteger(retain?.entries) && retain.entries >= 0)) {
    throw new InvalidOptionError('retain', "`retain` is 'all' or { entries: a whole number from 0 }.")
  }
  return { durability, retain, busyTimeout }
}

/** The options of the runtimes that have files. */
export interface FileOptions<Handle> extends DaybookOptions {
  /** The database file; it is created where there is none. Its folder must exist. */
  filename?: string
  /** A handle that the app already has, instead of `filename`. It stays the app's: daybook never closes it. */
  database?: Handle
}

/** Exactly one of `filename` and `database`.
 *
 * @throws InvalidOptionError
 */
export function whichDatabase<Handle extends object>({
  filename,
  database,
}: FileOptions<Handle>): { filename: string } | { database: Handle } {
  if ((filename === undefined) === (database === undefined)) {
    throw new InvalidOptionError('filename', 'openDaybook() needs either `filename` or `database`, not both.')
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
