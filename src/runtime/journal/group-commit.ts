/**
 * Group commit: appends asked for in the same turn are committed together in one SQLite transaction, each its own entry
 * with its own promise. Keeps no position: each group reads the log's tail itself.
 */

import type { Driver } from '../../drivers/driver.js'
import type { MaybePromise } from '../../drivers/statement.js'
import { CommitUnknownError, StorageFullError } from '../../errors.js'
import { type AppendOutcome, type AppendRequest, append } from '../../log/append.js'
import type { Entry, Position } from '../../log/entry.js'
import { KnownOrigins } from '../../log/origins.js'

interface Waiting {
  readonly request: AppendRequest
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
}

export class GroupCommit {
  readonly #driver: Driver
  readonly #onAppended: (entries: readonly Entry[]) => void
  readonly #known = new KnownOrigins()
  /** The group that is gathering. */
  #group: Waiting[] | undefined
  /** The groups that were asked for, one after the other. */
  #committing: Promise<void> | undefined

  /** `onAppended` is called after the commit and before any promise of the group resolves. */
  constructor(driver: Driver, onAppended: (entries: readonly Entry[]) => void) {
    this.#driver = driver
    this.#onAppended = onAppended
  }

  append(request: AppendRequest): Promise<Position> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, resolve, reject }
      if (this.#group !== undefined) this.#group.push(waiting)
      else this.#begin(waiting)
    })
  }

  /** Resolves when nothing is asked for any more. */
  async idle(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing
  }

  #begin(first: Waiting): void {
    this.#group = [first]
    const committing = (this.#committing ?? Promise.resolve()).then(() => this.#commitGroup())
    this.#committing = committing
    void committing.then(() => {
      if (this.#committing === committing) this.#committing = undefined
    })
  }

  async #commitGroup(): Promise<void> {
    const group = this.#group ?? []
    this.#group = undefined
    try {
      const outcomes = this.#commit(group)
      this.#settle(group, outcomes instanceof Promise ? await outcomes : outcomes)
    } catch (error) {
      await this.#recover(group, error)
    }
  }

  #commit(group: readonly Waiting[]): MaybePromise<AppendOutcome[]> {
    const requests = group.map(({ request }) => request)
    return this.#driver.transaction('write', () => append(requests, this.#known))
  }

  async #recover(group: readonly Waiting[], error: unknown): Promise<void> {
    // Whether it took effect is in the log: asking again answers with the first position, or appends now (L5).
    const again = error instanceof CommitUnknownError
    // One transaction that is too large must not fail its neighbours.
    const alone = error instanceof StorageFullError && group.length > 1
    if (!again && !alone) {
      for (const { reject } of group) reject(error)
      return
    }
    for (const waiting of group) {
      try {
        this.#settle([waiting], await this.#commit([waiting]))
      } catch (failure) {
        waiting.reject(failure)
      }
    }
  }

  #settle(group: readonly Waiting[], outcomes: readonly AppendOutcome[]): void {
    const entries: Entry[] = []
    for (const outcome of outcomes) if ('entry' in outcome) entries.push(outcome.entry)
    const last = entries.at(-1)
    if (last !== undefined) {
      this.#known.advance(last.position.seq, last.checksum, entries)
      this.#onAppended(entries)
    }
    outcomes.forEach((outcome, index) => {
      const { resolve, reject } = group[index] as Waiting
      if ('entry' in outcome) resolve(outcome.entry.position)
      else if ('duplicateOf' in outcome) resolve(outcome.duplicateOf)
      else reject(outcome.refused)
    })
  }
}
