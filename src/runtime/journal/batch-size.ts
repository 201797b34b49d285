/**
 * How many entries are posted or trimmed in one transaction, by how long the last one took: whoever appends waits for it,
 * here until it is over, in another process up to twice as long (SQLite looks again for a lock after 1, 2, 5, 10, 15 … ms).
 *
 * It begins small: the first transactions of a process take several times as long as those that follow.
 */

const FIRST = 100
const LEAST = 50
const MOST = 500

/** A transaction that took less, in ms, is followed by one of twice the size … */
const SHORT = 5

/** … and one that took more by one of half of it. */
const LONG = 12

export class BatchSize {
  #posted = FIRST

  /** Entries to post. */
  get posted(): number {
    return this.#posted
  }

  /** Entries to trim: more than are posted, so that trimming keeps up with whoever appends without a pause. */
  get trimmed(): number {
    return 2 * this.#posted
  }

  /** Takes note of a transaction that did as much as it was asked to. */
  took(ms: number): void {
    if (ms < SHORT) this.#posted = Math.min(MOST, 2 * this.#posted)
    else if (ms > LONG) this.#posted = Math.max(LEAST, Math.floor(this.#posted / 2))
  }
}
