/** One turn of holding a lock. */

import type { LostReason } from './sync-owner-listener.js'

/** The time from the lock to its release; ends once. */
export class Turn {
  readonly over: Promise<LostReason>
  isOver = false
  #resolve: (reason: LostReason) => void = () => undefined

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  end(reason: LostReason): void {
    this.isOver = true
    this.#resolve(reason)
  }
}
