/** What the tail brings about the role of sync owner of one collection: claims, and questions for it. */

import type { Position } from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Follower } from '../daybook/tail.js'
import type { Entry } from '../journal/journal.js'

/** The name among a collection's metadata under which contexts ask its sync owner for the role. */
const QUESTION = 'daybook:role'

/** One context asks the sync owner for the role, or the owner says that it will come to it. */
export interface Question {
  /** Who asks. */
  readonly by: string
  /** The owner has heard it and finishes something first. */
  readonly heard: boolean
  /** Asked by a page that people look at: an owner that nobody looks at gives the role away, another one keeps it. */
  readonly visible?: boolean
}

/** A question, as it is written into the log. */
export const questionOp = (collection: string, question: Question): Op => ({
  op: 'state',
  collection,
  name: QUESTION,
  value: question,
})

export interface RoleEvents {
  /** There is a newer claim, or there may be one by nobody knows whom. */
  readonly onClaim?: (by: string | undefined) => void
  readonly onQuestion?: (question: Question) => void
}

export class RoleWatch implements Follower {
  readonly collection: string
  // There are no rows to load.
  readonly isLoading = false
  readonly loaded = Promise.resolve()
  readonly #events: RoleEvents
  #seq = 0

  constructor(collection: string, events: RoleEvents) {
    this.collection = collection
    this.#events = events
  }

  /** Whether a newer claim than this one is known, or may have been missed. */
  supersedes({ seq }: Position): boolean {
    return this.#seq > seq
  }

  apply(ops: readonly StoredOp[], { position, origin }: Entry): void {
    for (const op of ops) {
      if (op[0] === 'claim') {
        this.#seq = Math.max(this.#seq, position.seq)
        this.#events.onClaim?.(origin)
      } else if (op[0] === 'state' && op[2] === QUESTION) {
        // A question is JSON.
        const value = op[3] as Partial<Question> | null | undefined
        if (typeof value?.by === 'string')
          this.#events.onQuestion?.({
            by: value.by,
            heard: value.heard === true,
            visible: value.visible === true,
          })
      }
    }
  }

  /** Entries were trimmed before they were read; a claim may have been among them. Who asked in vain asks again. */
  reload(): void {
    this.#seq = Number.POSITIVE_INFINITY
    this.#events.onClaim?.(undefined)
  }
}
