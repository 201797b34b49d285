/** The options of openDaybook that every runtime shares, checked. */

import type { Durability } from '../../drivers/settings.js'
import { InvalidOptionError } from '../../errors.js'
import type { Retain } from '../../materializer/compact.js'
import { type Codecs, codecsOf, type ValueCodec } from '../../values/codecs.js'
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
  /**
   * How instances of classes are kept that daybook does not know: decimals, moments of a date library, classes of the app's
   * own. Default: none, and a write of such an instance rejects with UnkeepableValueError. The name of the codec is stored
   * with the value; a row whose codec is missing later is left out, and a MissingCodecError is an `error` event.
   *
   * @example
   * const daybook = openDaybook({
   *   filename: 'invoices.db',
   *   codecs: [
   *     {
   *       name: 'decimal',
   *       test: (value) => Decimal.isDecimal(value),
   *       encode: (value: Decimal) => value.toString(),
   *       decode: (stored: string) => new Decimal(stored),
   *     },
   *   ],
   * })
   */
  codecs?: readonly ValueCodec[]
}

export type CheckedOptions = Required<Omit<DaybookOptions, 'trace' | 'codecs'>> & { readonly codecs: Codecs }

/** The names of the options that every runtime shares. */
export const SHARED_OPTIONS: readonly (keyof DaybookOptions)[] = ['durability', 'retain', 'trace', 'codecs']

/** Refuses names that mean nothing, such as a misspelt one: JavaScript would ignore them.
 *
 * @throws InvalidOptionError
 */
export function checkNames(options: object, known: readonly string[], what: string): void {
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !known.includes(name),
  )?.[0]
  if (unknown === undefined) return
  throw new InvalidOptionError(
    unknown,
    `${what} has no option ${JSON.stringify(unknown)}; its options are ${known.join(', ')}.`,
  )
}

/** The options with their defaults.
 *
 * @throws InvalidOptionError
 */
export function checkDaybookOptions(options: DaybookOptions): CheckedOptions {
  const { durability = 'process', retain = 'auto' } = options
  if (durability !== 'process' && durability !== 'power') {
    throw new InvalidOptionError('durability', "`durability` is 'process' (default) or 'power'.")
  }
  if (!isRetain(retain)) {
    throw new InvalidOptionError(
      'retain',
      "`retain` is 'auto', 'all', or { entries, bytes, ageMs }: whole numbers from 0.",
    )
  }
  return { durability, retain, codecs: codecsOf(options.codecs) }
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
