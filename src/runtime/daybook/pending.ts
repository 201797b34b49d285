/** What an app has asked of a handle and is not finished: closing waits for it, for as long as it may. */

import { ClosedError, DestroyedError } from '../../errors.js'
import type { Clock } from '../clock.js'

export class Pending {
  readonly #work = new Set<Promise<unknown>>()
  readonly #last = new Set<() => void>()
  /** With what everything new is refused. */
  #refusal: Error | undefined

  /** From now on everything new is refused. */
  get isClosing(): boolean {
    return this.#refusal !== undefined
  }

  /** Does something when the handle is about to close, while new work is still taken. Answers what calls it off. */
  beforeClosing(work: () => void): () => void {
    this.#last.add(work)
    return () => this.#last.delete(work)
  }

  /** @throws ClosedError when the handle is closing; DestroyedError when its database is gone */
  check(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** @throws DestroyedError when the database is gone */
  checkKept(): void {
    if (this.#refusal instanceof DestroyedError) throw this.#refusal
  }

  /**
   * Does work that closing waits for.
   *
   * @throws ClosedError when the handle is closing; DestroyedError when its database is gone; what the work throws
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

  /** The database is gone: everything new is refused, and nothing is waited for. */
  end(error: DestroyedError): void {
    this.#last.clear()
    this.#refusal = error
  }

  /** Refuses everything new; resolves when what was asked for before is finished. */
  async close(): Promise<void> {
    for (const work of this.#last) work()
    this.#refusal ??= new ClosedError()
    while (this.#work.size > 0) await Promise.allSettled(this.#work)
  }
}

/** A timer that is given more ends at once. */
const LONGEST_TIMER = 2 ** 31 - 1

/** Whether a promise is settled within some ms. */
export async function settlesWithin(ms: number, promise: Promise<unknown>, clock: Clock): Promise<boolean> {
  let cancel = (): void => undefined
  const late = new Promise<boolean>((resolve) => {
    cancel = clock.after(Math.min(ms, LONGEST_TIMER), () => resolve(false))
  })
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, late]).finally(() => cancel())
}
