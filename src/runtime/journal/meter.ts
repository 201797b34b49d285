/**
 * What a journal does, counted and told: the counters of `stats()`, and the events that come from the context that has the
 * database open. The counters are plain numbers; where nobody is told, no clock is read and no event is made.
 */

import type { Clock } from '../clock.js'

/** What this context has done since it opened the database. */
export interface JournalCounters {
  /** Entries appended, of every kind: transactions, and the log's own (terms, checkpoints, redactions). */
  readonly appended: number
  /** Transactions that were sent again and were in the log already. */
  readonly duplicates: number
  /** Transactions that were not kept: the log refused them, or the storage failed. */
  readonly failed: number
  /** Groups of transactions that were committed together. */
  readonly batches: number
  /** Transactions appended by the largest of them. */
  readonly largestBatch: number
  /** Entries posted, whoever appended them. */
  readonly posted: number
  /** SQLite transactions that posted any. */
  readonly postings: number
  /** Checkpoints written. */
  readonly checkpoints: number
  /** Entries trimmed. */
  readonly trimmed: number
  /** Entries behind the cursor when `stats()` was called; it posts them. */
  readonly backlog: number
}

/** Transactions that were asked for at about the same time were committed together, or failed together. */
export interface BatchEvent {
  readonly type: 'batch'
  /** Transactions that are in the log since. */
  readonly appended: number
  /** Transactions that were there before. */
  readonly duplicates: number
  /** Transactions that are not there. */
  readonly failed: number
  /** From the begin of the work to the commit, in ms, with the time that SQLite waited for its lock. */
  readonly duration: number
}

/** Why entries were posted. `maintenance`: for `rebuild()`, `verify()`, `forget()` or `redact()`. */
export type PostReason = 'background' | 'read' | 'compact' | 'maintenance'

/** Rows have caught up with the log, or have come closer. */
export interface PostEvent {
  readonly type: 'post'
  readonly reason: PostReason
  /** Entries posted in this SQLite transaction. */
  readonly entries: number
  /** Entries that are behind the cursor still. */
  readonly backlog: number
  /** The whole SQLite transaction, in ms: what it was for (the read) is in it. */
  readonly duration: number
}

/** A checkpoint was written, and everything before it can be trimmed. */
export interface CheckpointEvent {
  readonly type: 'checkpoint'
  readonly seq: number
  /** The SQLite transaction, in ms: no append comes in between. */
  readonly duration: number
}

/** A batch of the oldest entries was removed. */
export interface TrimEvent {
  readonly type: 'trim'
  readonly entries: number
  /** The SQLite transaction, in ms: no append comes in between. */
  readonly duration: number
}

/** In the browser: the worker of this page leads. It has opened the database and begun a term. */
export interface TermEvent {
  readonly type: 'term'
  readonly term: number
  /** From the lock to the term, in ms: nobody was served in this time. */
  readonly duration: number
}

/** What the context that has the database tells. Numbers and names only: it may have to travel. */
export type JournalEvent = BatchEvent | PostEvent | CheckpointEvent | TrimEvent | TermEvent

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] }

export class Meter {
  readonly #clock: Clock
  readonly #tell: ((event: JournalEvent) => void) | undefined
  readonly #counters: Mutable<Omit<JournalCounters, 'backlog'>> = {
    appended: 0,
    duplicates: 0,
    failed: 0,
    batches: 0,
    largestBatch: 0,
    posted: 0,
    postings: 0,
    checkpoints: 0,
    trimmed: 0,
  }

  /** `tell` must not throw. */
  constructor(clock: Clock, tell?: (event: JournalEvent) => void) {
    this.#clock = clock
    this.#tell = tell
  }

  /** A copy of what was counted. */
  get counters(): Omit<JournalCounters, 'backlog'> {
    return { ...this.#counters }
  }

  /** When something begins, for the event at its end. */
  begin(): number {
    return this.#tell === undefined ? 0 : this.#clock.elapsed()
  }

  /** Entries are in the log, of whatever kind. */
  appended(entries: number): void {
    this.#counters.appended += entries
  }

  batch(appended: number, duplicates: number, failed: number, began: number): void {
    const counters = this.#counters
    counters.duplicates += duplicates
    counters.failed += failed
    if (appended > 0) counters.batches++
    if (appended > counters.largestBatch) counters.largestBatch = appended
    this.#tell?.({ type: 'batch', appended, duplicates, failed, duration: this.#since(began) })
  }

  posted(entries: number, backlog: number, reason: PostReason, began: number): void {
    if (entries <= 0) return
    this.#counters.posted += entries
    this.#counters.postings++
    this.#tell?.({ type: 'post', reason, entries, backlog, duration: this.#since(began) })
  }

  checkpoint(seq: number, began: number): void {
    this.#counters.checkpoints++
    this.#tell?.({ type: 'checkpoint', seq, duration: this.#since(began) })
  }

  trimmed(entries: number, began: number): void {
    if (entries === 0) return
    this.#counters.trimmed += entries
    this.#tell?.({ type: 'trim', entries, duration: this.#since(began) })
  }

  #since(began: number): number {
    return this.#clock.elapsed() - began
  }
}
