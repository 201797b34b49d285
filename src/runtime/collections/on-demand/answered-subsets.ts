/**
 * Which subsets the source has answered once, so that what is on disk of them can be shown without it (B5).
 *
 * They are marks among the collection's metadata, of which the log keeps a bounded number; a mark that there is nothing
 * else to write with waits, longer each time, so that reading costs a bounded number of entries (B10).
 */

import type { Cancel, Clock } from '../../clock.js'
import { ANSWERED, type CollectionMetadata } from '../metadata.js'

/** So many are remembered: those that were answered last. */
const MOST = 100

/** How long a mark waits for something that is written anyway, in ms: doubled each time, up to the limit. */
const FIRST_WAIT = 500
const LAST_WAIT = 60_000

/** Changes of marks, by name. */
export type Marks = ReadonlyMap<string, true | undefined>

export interface AnsweredSubsetsOptions {
  readonly metadata: CollectionMetadata
  readonly clock: Clock
  /** Writes marks down, as an entry of their own. */
  readonly write: (marks: Marks) => void
}

export class AnsweredSubsets {
  readonly #options: AnsweredSubsetsOptions
  /** Marks that are not written yet. */
  #waiting = new Map<string, true | undefined>()
  #wait = FIRST_WAIT
  #cancel: Cancel | undefined

  constructor(options: AnsweredSubsetsOptions) {
    this.#options = options
  }

  /** Whether the source has answered the subset of this digest once. */
  has(digest: string | undefined): boolean {
    return digest !== undefined && this.#options.metadata.get(ANSWERED + digest) === true
  }

  /** The source has answered a subset. */
  answered(digest: string): void {
    const { metadata } = this.#options
    const name = ANSWERED + digest
    const isKnown = metadata.get(name) === true
    // The newest last: what is forgotten first was answered longest ago.
    metadata.set(name, undefined)
    metadata.set(name, true)
    if (isKnown) return
    this.#waiting.set(name, true)
    const names = metadata.names(ANSWERED)
    for (const old of names.slice(0, Math.max(0, names.length - MOST))) this.#forget(old)
    this.#cancel ??= this.#options.clock.after(this.#wait, () => this.flush())
  }

  /** All rows go: the marks do in the same entry. */
  dropped(): Marks {
    const { metadata } = this.#options
    const marks = new Map(metadata.names(ANSWERED).map((name) => [name, undefined]))
    for (const name of marks.keys()) metadata.set(name, undefined)
    this.#waiting.clear()
    return marks
  }

  /** Marks that wait, for an entry that is written anyway. */
  take(): Marks {
    const marks = this.#waiting
    this.#waiting = new Map()
    this.#cancel?.()
    this.#cancel = undefined
    return marks
  }

  /** Writes what waits. */
  flush(): void {
    const marks = this.take()
    if (marks.size === 0) return
    this.#wait = Math.min(this.#wait * 2, LAST_WAIT)
    this.#options.write(marks)
  }

  #forget(name: string): void {
    this.#options.metadata.set(name, undefined)
    // One that was never written need not be taken back.
    if (!this.#waiting.delete(name)) this.#waiting.set(name, undefined)
  }
}
