/**
 * Work that can only be done where the source runs: a mutation that waits for its own rows to come back.
 *
 * A context that is not the sync owner takes the role over first, and keeps it until its work is done. So the source's own
 * ways of confirming a mutation (a refetch, a transaction id in the stream) work in every tab and process. Whoever is
 * asked for the role gives it when the work under way is done; new work waits for its turn then.
 */

import type { Cancel, Clock } from '../clock.js'
import { type Deferred, deferred } from '../deferred.js'
import { stayAlive } from '../stay-alive.js'

/** How long another context waits for work under way, in ms. */
const LONGEST = 15_000

export interface OwnersWorkParts {
  readonly clock: Clock
  /** The source runs in this context. */
  readonly isReady: () => boolean
  /** Takes the role over; resolves when the source runs here. */
  readonly become: () => Promise<void>
  /** Gives the role to whoever asks. */
  readonly release: () => void
}

export class OwnersWork {
  readonly #parts: OwnersWorkParts
  #underWay = 0
  /** Settles when the role is gone, while another context asks for it. */
  #asked: Deferred<void> | undefined
  #cancelLimit: Cancel | undefined

  constructor(parts: OwnersWorkParts) {
    this.#parts = parts
  }

  /** Does the work where the source runs: at once, or when the role is taken over. */
  async run<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#mustWait) await stayAlive(this.#turn())
    else this.#underWay++
    try {
      return await work()
    } finally {
      this.#done()
    }
  }

  /** Another context asks for the role; `answer` tells it that it was heard. */
  asked(answer: () => void): void {
    if (this.#underWay === 0) {
      this.#release()
      return
    }
    answer()
    if (this.#asked !== undefined) return
    this.#asked = deferred()
    this.#cancelLimit = this.#parts.clock.after(LONGEST, () => this.#release())
  }

  /** The role is gone: nobody has to be given it. */
  lost(): void {
    this.#cancelLimit?.()
    this.#asked?.resolve()
    this.#asked = undefined
  }

  get #mustWait(): boolean {
    return this.#asked !== undefined || !this.#parts.isReady()
  }

  /** Waits for the role. Work counts as under way while it does: once the role is here it is not given away before. */
  async #turn(): Promise<void> {
    for (;;) {
      await this.#asked?.promise
      this.#underWay++
      try {
        await this.#parts.become()
      } catch (error) {
        this.#done()
        throw error
      }
      if (this.#parts.isReady()) return
      this.#done()
    }
  }

  #done(): void {
    this.#underWay--
    if (this.#asked !== undefined && this.#underWay === 0) this.#release()
  }

  #release(): void {
    this.lost()
    this.#parts.release()
  }
}
