/**
 * What the collections of a handle use of it. An app sees none of this: it is found by the handle, not on it.
 */

import { InvalidOptionError } from '../../errors.js'
import type { Clock } from '../clock.js'
import type { Journal } from '../journal/journal.js'
import type { HandleCounters } from '../journal/stats.js'
import type { HandleOwners } from '../sync-owner/handle-owners.js'
import type { Codec } from './codec.js'
import type { Emitter } from './emitter.js'
import type { Pending } from './pending.js'
import type { Persistence } from './persistence.js'
import type { Presence } from './presence.js'
import type { Tail } from './tail.js'
import type { Writer } from './writer.js'

export interface Internals {
  /** The handle itself, by which a collection says who keeps it. */
  readonly persistence: Persistence
  /** Who this handle is in the log. */
  readonly origin: string
  readonly journal: Journal
  /** What this context and others say to each other. */
  readonly presence: Presence
  readonly tail: Tail
  readonly writer: Writer
  readonly codec: Codec
  readonly clock: Clock
  readonly pending: Pending
  readonly events: Emitter
  readonly counters: { -readonly [Name in keyof HandleCounters]: number }
  /** Lets others have a turn in the middle of long work; left out where nobody waits for one. */
  readonly breathe: (() => Promise<void>) | undefined
  readonly owners: HandleOwners
}

const known = new WeakMap<object, Internals>()

/** Says what is behind a handle; its constructor does, once. */
export const setInternals = (persistence: Persistence, internals: Internals): void => {
  known.set(persistence, internals)
}

/** Whether something is a daybook of this copy of the package. */
export const isDaybook = (persistence: unknown): persistence is Persistence =>
  typeof persistence === 'object' && persistence !== null && known.has(persistence)

/** @throws InvalidOptionError when it is no daybook, or one of another copy of this package */
export function internalsOf(persistence: Persistence): Internals {
  const internals = known.get(persistence)
  if (internals === undefined) {
    throw new InvalidOptionError(
      'persistence',
      '`persistence` must be a daybook of this copy of the package: persistence: openDaybook({ … }). ' +
        '`npm ls daybook` shows whether there are two.',
    )
  }
  return internals
}
