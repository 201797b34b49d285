/**
 * What TanStack DB's live queries and framework hooks show as `persistedStatus` and `isPersistedReady`, through the
 * capability that it reads from the options under `Symbol.for('@tanstack/db.persistedReadiness')`.
 */

import type { PersistedReadinessSnapshot, PersistedReadinessSource } from '@tanstack/db'

export class Readiness implements PersistedReadinessSource {
  // A local-only collection has no network to prefer.
  readonly networkTimeoutMs = 0
  readonly #listeners = new Set<() => void>()
  #snapshot: PersistedReadinessSnapshot = { status: 'loading' }

  readonly getOrStartNetworkDeadline = (): number => 0

  readonly getSnapshot = (): PersistedReadinessSnapshot => this.#snapshot

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  show(snapshot: PersistedReadinessSnapshot): void {
    this.#snapshot = snapshot
    for (const listener of [...this.#listeners]) listener()
  }
}
