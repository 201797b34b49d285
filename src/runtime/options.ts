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
   * How much of the log is kept. `'auto'` (default): about as many bytes as the rows have, at least 128 KiB. `'all'`. Or
   * limits, of which each that is given counts: `entries` (about so many of the newest), `bytes` of them, `ageMs` (ms of
   * log time: a clock that jumps trims nothing, and a log that nobody writes to does not age). What exceeds them is trimmed
   * in the background, behind a checkpoint; rows are never touched by it.
   */
  retain?: Retain
}

/** The options with their defaults.
 *
 * @throws InvalidOptionError
 */
export function checkDaybookOptions(options: DaybookOptions): Required<DaybookOptions> {
  const { durability = 'process', retain = 'auto' } = options
  if (durability !== 'process' && durability !== 'power') {
    throw new InvalidOptionError('durability', "`durability` is 'process' (default) or 'power'.")
  }
  if (!isRetain(retain)) {
    throw new InvalidOptionError(
      'retain',
      "`retain` is 'auto', 'all', or { entries, bytes, ageMs }: one or more whole numbers from 0.",
    )
  }
  return { durability, retain }
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
