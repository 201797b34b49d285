/**
 * What TanStack DB's live queries and framework hooks show as `persistedStatus` and `isPersistedReady`, through the
 * capability that it reads from the options under `Symbol.for('@tanstack/db.persistedReadiness')`.
 */

import type { PersistedReadinessSnapshot, PersistedReadinessSource } from '@tanstack/db'

/** The longest that a timer can wait, in ms: for a source that is always waited for. */
export const ALWAYS = 2 ** 31 - 1

export class Readiness implements PersistedReadinessSource {
  readonly networkTimeoutMs: number
  readonly #now: () => number
  readonly #listeners = new Set<() => void>()
  #snapshot: PersistedReadinessSnapshot = { status: 'loading' }
  #deadline: number | undefined

  /** `networkTimeoutMs`: how long a render prefers the source's rows to those on disk. */
  constructor(networkTimeoutMs: number, now: () => number) {
    this.networkTimeoutMs = networkTimeoutMs
    this.#now = now
  }

  /** When that time is over, in ms since 1970; it begins with each run of the collection. */
  readonly getOrStartNetworkDeadline = (): number => {
    this.#deadline ??= this.#now() + this.networkTimeoutMs
    return this.#deadline
  }

  readonly getSnapshot = (): PersistedReadinessSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** A run begins. */
  begin(): void {
    this.#deadline = undefined
    this.show({ status: 'loading' })
    this.getOrStartNetworkDeadline()
  }

  show(snapshot: PersistedReadinessSnapshot): void {
    if (snapshot.status === this.#snapshot.status && snapshot.error === this.#snapshot.error) return
    this.#snapshot = snapshot
    for (const listener of [...this.#listeners]) listener()
  }
}
