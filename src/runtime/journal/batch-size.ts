/**
 * How many entries are posted or trimmed in one transaction, by how long the last one took: whoever appends waits for it,
 * here until it is over, in another process a few ms longer.
 *
 * It begins small: the first transactions of a process take several times as long as those that follow.
 */

/** Entries to post in the first one. */
export const FIRST = 100
const LEAST = 50
const MOST = 500

/** A transaction that took less, in ms, is followed by one of twice the size … */
const SHORT = 5

/** … and one that took more by one of half of it. */
const LONG = 12

/** Entries to post after a transaction that did as much as it was asked to, and took so many ms. */
export function after(size: number, ms: number): number {
  if (ms < SHORT) return Math.min(MOST, 2 * size)
  return ms > LONG ? Math.max(LEAST, size >> 1) : size
}

/** Entries to trim: more than are posted, so that trimming keeps up with whoever appends without a pause. */
export const toTrim = (size: number): number => 2 * size
