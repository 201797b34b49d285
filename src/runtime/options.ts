/** The options of openDaybook that every runtime shares, checked. */

import type { Durability } from '../drivers/settings.js'
import { InvalidOptionError } from '../errors.js'
import type { Retain } from '../materializer/compact.js'
import type { Trace } from './trace.js'

export interface DaybookOptions {
  /**
   * What an acknowledged write survives. `process` (default): a kill of the process, at any moment. `power`: also a
   * power cut, for one more fsync in each commit.
   */
  durability?: Durability
  /**
   * How much of the log is kept. `'auto'` (default): about as many bytes as the rows have, at least 128 KiB. `'all'`. Or
   * limits, of which each that is given counts: `entries` (about so many of the newest), `bytes` of them, `ageMs` (ms of
   * log time: a clock that jumps trims nothing, and a log that nobody writes to does not age). What exceeds them is trimmed
   * in the background, behind a checkpoint; rows are never touched by it.
   */
  retain?: Retain
  /** How long to wait for a lock of another connection, in ms. Default 5000. */
  busyTimeout?: number
  /**
   * Called with an event for each piece of work: appends and batches with their durations, posting and the backlog behind
   * the cursor, catching up, reloads, checkpoints and trims, and what `daybook.on` tells. Events come in order, a microtask
   * after what they tell of; what the function throws is an `error` event. Default: nobody is told, nothing is measured.
   *
   * @example
   * const daybook = openDaybook({
   *   filename: 'traced.db',
   *   trace: (event) => {
   *     if (event.type === 'append') console.log(event.collections, event.outcome, event.duration)
   *   },
   * })
   * await daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1 } }])
   */
  trace?: Trace
}

type CheckedOptions = Required<Omit<DaybookOptions, 'trace'>>

/** The options with their defaults.
 *
 * @throws InvalidOptionError
 */
export function checkDaybookOptions(options: DaybookOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null) {
    throw new InvalidOptionError('options', "openDaybook() needs options: { filename: 'app.db' }.")
  }
  const { durability = 'process', retain = 'auto', busyTimeout = 5000 } = options
  if (durability !== 'process' && durability !== 'power') {
    throw new InvalidOptionError('durability', "`durability` is 'process' (default) or 'power'.")
  }
  if (typeof busyTimeout !== 'number' || !(busyTimeout >= 0 && busyTimeout <= 2 ** 31 - 1)) {
    throw new InvalidOptionError('busyTimeout', '`busyTimeout` is a number of ms, from 0.')
  }
  if (!isRetain(retain)) {
    throw new InvalidOptionError(
      'retain',
      "`retain` is 'auto', 'all', or { entries, bytes, ageMs }: whole numbers from 0.",
    )
  }
  return { durability, retain, busyTimeout }
}

function isRetain(retain: unknown): retain is Retain {
  if (retain === 'all' || retain === 'auto') return true
  if (typeof retain !== 'object' || retain === null) return false
  const limits = Object.entries(retain).filter(([, limit]) => limit !== undefined)
  return (
    limits.length > 0 &&
    limits.every(
      ([name, limit]) =>
        ['entries', 'bytes', 'ageMs'].includes(name) && Number.isSafeInteger(limit) && (limit as number) >= 0,
    )
  )
}

/** The options of the runtimes that have files. */
export interface FileOptions<Handle> extends DaybookOptions {
  /** The database file; it is created where there is none. Its folder must exist. */
  filename?: string
  /** A handle that the app already has, instead of `filename`. It stays the app's: daybook never closes it. */
  database?: Handle
  /**
   * What to do with a file that is damaged when it is opened. `throw` (default): reject with the reason, and touch nothing.
   * `quarantine`: set it aside under a name with the time, salvage what can be read into a new file and start from that;
   * the `damage` event says what was lost. Only for a file that no other process has open.
   */
  onCorruption?: 'throw' | 'quarantine'
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
