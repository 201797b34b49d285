/** Follows the claims of one collection as the tail brings them. */

import type { Position } from '../../errors.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Entry } from '../journal/journal.js'
import type { Follower } from '../tail.js'

export class NewestClaim implements Follower {
  readonly collection: string
  // There are no rows to load.
  readonly isLoading = false
  readonly loaded = Promise.resolve()
  readonly #onChange: () => void
  #seq = 0

  /** `onChange` is called when there is a newer claim, or there may be one. */
  constructor(collection: string, onChange: () => void) {
    this.collection = collection
    this.#onChange = onChange
  }

  /** Whether a newer claim than this one is known, or may have been missed. */
  supersedes({ seq }: Position): boolean {
    return this.#seq > seq
  }

  apply(ops: readonly StoredOp[], { position }: Entry): void {
    if (!ops.some(([name]) => name === 'claim')) return
    this.#seq = Math.max(this.#seq, position.seq)
    this.#onChange()
  }

  /** Entries were trimmed before they were read; a claim may have been among them. */
  reload(): void {
    this.#seq = Number.POSITIVE_INFINITY
    this.#onChange()
  }
}
