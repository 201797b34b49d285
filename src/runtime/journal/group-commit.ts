/**
 * Group commit: appends asked for in the same turn are committed together in one SQLite transaction, each its own entry
 * with its own promise. Keeps no position: each group reads the log's tail itself.
 */

import type { Driver } from '../../drivers/driver.js'
import type { MaybePromise } from '../../drivers/statement.js'
import { BusyError, CommitUnknownError, StorageFullError } from '../../errors.js'
import {
  type AppendOutcome,
  type AppendRequest,
  append,
  type QuickAppend,
  quickAppend,
  tailAt,
} from '../../log/append.js'
import type { Entry, Position } from '../../log/entry.js'
import { KnownLog } from '../../log/known.js'
import type { Meter } from './meter.js'

interface Waiting {
  readonly request: AppendRequest
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
}

const TURN = Promise.resolve()

export class GroupCommit {
  readonly #driver: Driver
  readonly #onAppended: (entries: readonly Entry[]) => void
  readonly #meter: Meter
  readonly #known = new KnownLog()
  /** The group that is gathering. */
  #group: Waiting[] = []
  /** The group that is being committed by a driver that takes its time, or being sorted out after a failure. */
  #committing: Promise<void> | undefined

  /** `onAppended` is called after the commit and before any promise of the group resolves. */
  constructor(driver: Driver, meter: Meter, onAppended: (entries: readonly Entry[]) => void) {
    this.#driver = driver
    this.#meter = meter
    this.#onAppended = onAppended
  }

  append(request: AppendRequest): Promise<Position> {
    return new Promise((resolve, reject) => {
      const first = this.#group.push({ request, resolve, reject }) === 1
      // Cheaper than queueMicrotask, which makes a resource for async_hooks each time.
      if (first && this.#committing === undefined) void TURN.then(this.#commitGroup)
    })
  }

  /** Resolves when nothing is asked for any more. */
  async idle(): Promise<void> {
    while (this.#group.length > 0 || this.#committing !== undefined) await this.#committing
  }

  // A synchronous driver commits right here, without a promise of its own.
  readonly #commitGroup = (): void => {
    const group = this.#group
    this.#group = []
    const began = this.#meter.begin()
    try {
      const outcomes = this.#commit(group)
      if (!(outcomes instanceof Promise)) this.#settle(group, outcomes, began)
      else
        this.#await(
          outcomes
            .then((later) => this.#settle(group, later, began))
            .catch((error) => this.#recover(group, error, began)),
        )
    } catch (error) {
      this.#await(this.#recover(group, error, began))
    }
  }

  #await(committing: Promise<void>): void {
    this.#committing = committing.then(() => {
      this.#committing = undefined
      if (this.#group.length > 0) this.#commitGroup()
    })
  }

  #commit(group: readonly Waiting[]): MaybePromise<AppendOutcome[]> {
    const [first] = group
    const quick = group.length === 1 ? quickAppend((first as Waiting).request, this.#known) : undefined
    return quick === undefined ? this.#commitAll(group) : this.#commitQuickly(quick, group)
  }

  // Any failure but a lock that could not be had is the log's to explain: it may even have taken effect (L5).
  #commitQuickly({ step, entry }: QuickAppend, group: readonly Waiting[]): MaybePromise<AppendOutcome[]> {
    const failed = (error: unknown): MaybePromise<AppendOutcome[]> => {
      if (error instanceof BusyError) throw error
      return this.#commitAll(group)
    }
    let done: MaybePromise<unknown>
    try {
      done = this.#driver.statement(step)
    } catch (error) {
      return failed(error)
    }
    return done instanceof Promise ? done.then(() => [{ entry }], failed) : [{ entry }]
  }

  #commitAll(group: readonly Waiting[]): MaybePromise<AppendOutcome[]> {
    const requests = group.map(({ request }) => request)
    return this.#driver.transaction('write', () => append(requests, this.#known))
  }

  async #recover(group: readonly Waiting[], error: unknown, began: number): Promise<void> {
    // Whether it took effect is in the log: asking again answers with the first position, or appends now (L5).
    const again = error instanceof CommitUnknownError
    // One transaction that is too large must not fail its neighbours.
    const alone = error instanceof StorageFullError && group.length > 1
    if (!again && !alone) return this.#fail(group, error, began)
    for (const waiting of group) {
      const again = this.#meter.begin()
      try {
        this.#settle([waiting], await this.#commitAll([waiting]), again)
      } catch (failure) {
        this.#fail([waiting], failure, again)
      }
    }
  }

  #fail(group: readonly Waiting[], error: unknown, began: number): void {
    this.#meter.batch(0, 0, group.length, began)
    for (const { reject } of group) reject(error)
  }

  #settle(group: readonly Waiting[], outcomes: readonly AppendOutcome[], began: number): void {
    const entries: Entry[] = []
    let duplicates = 0
    for (const outcome of outcomes) {
      if ('entry' in outcome) entries.push(outcome.entry)
      else if ('duplicateOf' in outcome) duplicates++
    }
    this.#meter.batch(entries.length, duplicates, group.length - entries.length - duplicates, began)
    const last = entries.at(-1)
    if (last !== undefined) {
      this.#known.advance(tailAt(last), entries)
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
