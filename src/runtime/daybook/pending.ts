/** What an app has asked of a handle and is not finished: closing waits for it, for as long as it may. */

import { ClosedError } from '../../errors.js'
import type { Clock } from '../clock.js'

export class Pending {
  readonly #work = new Set<Promise<unknown>>()
  readonly #last = new Set<() => void>()
  #isClosing = false

  /** From now on everything new is refused. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  /** Does something when the handle is about to close, while new work is still taken. Answers what calls it off. */
  beforeClosing(work: () => void): () => void {
    this.#last.add(work)
    return () => this.#last.delete(work)
  }

  /** @throws ClosedError when the handle is closing */
  check(): void {
    if (this.#isClosing) throw new ClosedError()
  }

  /**
   * Does work that closing waits for.
   *
   * @throws ClosedError when the handle is closing; what the work throws
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.check()
    const pending = work()
    this.#work.add(pending)
    try {
      return await pending
    } finally {
      this.#work.delete(pending)
    }
  }

  /** Refuses everything new; resolves when what was asked for before is finished. */
  async close(): Promise<void> {
    for (const work of this.#last) work()
    this.#isClosing = true
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }
}

/** Whether a promise is settled within some ms. */
export async function settlesWithin(ms: number, promise: Promise<unknown>, clock: Clock): Promise<boolean> {
  let cancel = (): void => undefined
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(ms, () => resolve(false))
  })
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, late]).finally(() => cancel())
}
