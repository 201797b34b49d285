/**
 * Asks the sync owner of a collection for its role, through the log: the one place where every context hears of the others.
 *
 * Whoever is asked answers by releasing the lock, or says that it finishes something first. A context that stands still
 * (a frozen page, a stopped process) says nothing: its lock is taken from it, and the claim that follows deposes it.
 */

import type { Cancel, Clock } from '../clock.js'
import type { Tail } from '../daybook/tail.js'
import { type Deferred, deferred } from '../deferred.js'
import { type Question, RoleWatch } from './role-watch.js'

/** How often the question is asked again, in ms. */
const ASK_AGAIN = 1000

/** An owner that has said nothing for so long, in ms, does not answer any more. */
const SILENT = 3000

export interface TakeOverParts {
  readonly collection: string
  /** Who asks. */
  readonly contender: string
  readonly tail: Pick<Tail, 'follow' | 'unfollow'>
  readonly clock: Clock
  /** How long to wait before anybody is asked, in ms. */
  readonly patience: number
  /** Writes a question into the log. */
  readonly ask: (question: Question) => Promise<unknown>
  /** The owner does not answer. */
  readonly onSilence: () => void
  readonly onError: (error: unknown) => void
}

export class TakeOver {
  /** Settles when the wish is granted, or never will be. */
  readonly granted: Deferred<void> = deferred()
  /** The owner does not answer: its lock is to be taken from it. */
  isSilent = false
  readonly #parts: TakeOverParts
  readonly #watch: RoleWatch
  #heardAt = 0
  /** The question is in the log: whoever has the role can know of it. */
  #isAsked = false
  #cancel: Cancel | undefined

  /** Asks from now on, until end(). */
  constructor(parts: TakeOverParts) {
    this.#parts = parts
    const { collection, clock, contender, patience } = parts
    this.#watch = new RoleWatch(collection, {
      onQuestion: ({ by, heard }) => {
        if (by === contender && heard) this.#heardAt = clock.now()
      },
    })
    if (patience > 0) this.#cancel = clock.after(patience, () => this.#begin())
    else this.#begin()
  }

  end(): void {
    this.#cancel?.()
    this.#parts.tail.unfollow(this.#watch)
  }

  #begin(): void {
    const { tail, clock, onError } = this.#parts
    this.#heardAt = clock.now()
    tail.follow(this.#watch).catch(onError)
    this.#ask()
  }

  #ask(): void {
    const { ask, contender, clock, onSilence, onError } = this.#parts
    ask({ by: contender, heard: false }).then(() => {
      this.#isAsked = true
    }, onError)
    this.#cancel = clock.after(ASK_AGAIN, () => {
      if (this.#isAsked && clock.now() - this.#heardAt >= SILENT) {
        this.isSilent = true
        onSilence()
      }
      this.#ask()
    })
  }
}
