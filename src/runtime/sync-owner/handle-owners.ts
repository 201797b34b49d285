/** The sync owners of one handle: made by its first synced collection, so that an app without one does not load their code. */

import type { Pending } from '../daybook/pending.js'
import type { SyncOwners, SyncOwnersParts } from './sync-owners.js'

export class HandleOwners {
  readonly #parts: SyncOwnersParts
  readonly #pending: Pending
  #owners: SyncOwners | undefined

  constructor(parts: SyncOwnersParts, pending: Pending) {
    this.#parts = parts
    this.#pending = pending
  }

  /** @throws ClosedError when the handle is closing */
  get(make: (parts: SyncOwnersParts) => SyncOwners): SyncOwners {
    this.#pending.check()
    this.#owners ??= make(this.#parts)
    return this.#owners
  }

  /** The page is looked at, or not any more. */
  seen(isSeen: boolean): void {
    if (isSeen) this.#owners?.shown()
    else this.#owners?.hidden()
  }

  /** This context is about to stand still: others are to have its roles, until it goes on. */
  suspend(): void {
    this.#owners?.suspend()
  }

  resume(): void {
    this.#owners?.resume()
  }

  /** Gives up every role; resolves when the locks are free. */
  async stop(): Promise<void> {
    await this.#owners?.stop()
  }
}
