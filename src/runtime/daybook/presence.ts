/**
 * What a context says to the others on the board, and whether those that said something are still there.
 *
 * Before it says anything, a context takes a lock under its own name: who waits for that lock learns when it is gone,
 * closed or killed. What it has said is taken back when its handle closes; of one that was killed, whoever finds it gone
 * takes it back.
 */

import type { Board, Notice } from '../journal/board.js'
import type { Unsubscribe } from '../journal/journal.js'
import type { Lock, Locks } from '../sync-owner/locks/locks.js'

export interface PresenceParts {
  /** Who this context is. */
  readonly origin: string
  readonly board: Board
  readonly locks: Locks
}

/** The name of a context's lock; collections have theirs under their ids. */
const lockOf = (origin: string): string => `daybook context ${origin}`

export class Presence {
  readonly #parts: PresenceParts
  readonly #closing = new AbortController()
  #own: Promise<Lock | undefined> | undefined
  /** What is to be said next. */
  #next = new Map<string, string | null>()
  #saying: Promise<void> = Promise.resolve()
  #number = 0

  constructor(parts: PresenceParts) {
    this.#parts = parts
  }

  /** Says something under a topic; `undefined` takes it back. */
  async say(topic: string, value: string | undefined): Promise<void> {
    const { board, origin, locks } = this.#parts
    this.#own ??= locks.request(lockOf(origin), { signal: this.#closing.signal }).catch((error: unknown) => {
      if (this.#closing.signal.aborted) return undefined
      this.#own = undefined
      throw error
    })
    await this.#own
    this.#next.set(topic, value ?? null)
    // One after the other: together, for what is said meanwhile.
    const saying = this.#saying.then(async () => {
      const said = [...this.#next]
      this.#next = new Map()
      if (said.length > 0) await board.notify(origin, ++this.#number, said)
    })
    this.#saying = saying.catch(() => undefined)
    await saying
  }

  /** What others say under the topics that begin with `prefix`. */
  async others(prefix: string): Promise<readonly Notice[]> {
    const { board, origin } = this.#parts
    return (await board.notices(prefix)).filter((notice) => notice.origin !== origin)
  }

  /** Calls back when somebody may have said something. */
  listen(listener: () => void): Unsubscribe {
    return this.#parts.board.onNotice(listener)
  }

  /** Resolves when another context is gone, and what it has said is taken back; rejects when `signal` aborts. */
  async gone(origin: string, signal: AbortSignal): Promise<void> {
    const { board, locks } = this.#parts
    const lock = await locks.request(lockOf(origin), { signal })
    try {
      await board.silence(origin)
    } finally {
      lock.release()
    }
  }

  /** Takes back what was said. */
  async close(): Promise<void> {
    const own = this.#own
    this.#closing.abort()
    if (own === undefined) return
    const lock = await own.catch(() => undefined)
    // A database that takes no writes any more has nobody who could hear it.
    await this.#parts.board.silence(this.#parts.origin).catch(() => undefined)
    lock?.release()
  }
}
