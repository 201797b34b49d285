/**
 * The journal of the context that has the database open: log and materialiser on a driver.
 *
 * Owns the group commit, the moment of posting, and the watch for what other connections append. Keeps no counter: the
 * position is read from the log by each append, and `#seen` only says which entries the listeners were given already.
 */

import type { Driver } from '../../drivers/driver.js'
import type { Program } from '../../drivers/program.js'
import { ClosedError, CommitUnknownError, StorageFullError } from '../../errors.js'
import {
  type AppendOutcome,
  type AppendRequest,
  append,
  claimTerm,
  requestFor,
  tail,
} from '../../log/append.js'
import { checkTransaction } from '../../log/check.js'
import type { Entry, Position, Transaction } from '../../log/entry.js'
import { KnownOrigins } from '../../log/origins.js'
import { type Entries, lastEntry, readEntries } from '../../log/read.js'
import { checkpoint, compactStep, type Retain, trimStep } from '../../materializer/compact.js'
import { post } from '../../materializer/post.js'
import { query, queryIfPosted, queryReadOnly, type Rows } from '../../materializer/query.js'
import type { Cancel, Clock } from '../clock.js'
import type { Origin } from '../origin.js'
import type { Journal, Unsubscribe } from './journal.js'

/** How often the file is asked whether somebody else has committed, in ms. Others' entries arrive within this time. */
const WATCH_INTERVAL = 50

/** Posting begins this long after an append, in ms, so that a burst is posted together … */
const POST_DELAY = 100

/** … or at once when so many entries wait, so that the next open has little to do (L9). */
const POST_BACKLOG = 2000

/** Entries posted in one transaction; an append waits for at most one such batch. */
const POST_BATCH = 500

export interface LocalJournalOptions {
  readonly driver: Driver
  /** Makes the control entries that the journal itself appends. */
  readonly origin: Origin
  readonly retain: Retain
  readonly clock: Clock
  /** Told of failures that concern no caller: background posting, the watch. */
  readonly onError: (error: unknown) => void
}

interface Waiting {
  readonly request: AppendRequest
  readonly resolve: (position: Position) => void
  readonly reject: (error: unknown) => void
}

export class LocalJournal implements Journal {
  readonly #driver: Driver
  readonly #origin: Origin
  readonly #retain: Retain
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #known = new KnownOrigins()
  readonly #listeners = new Set<(entries: readonly Entry[]) => void>()
  #group: Waiting[] | undefined
  #appending: Promise<void> | undefined
  #unposted = 0
  #posting: Promise<void> | undefined
  #cancelPost: Cancel | undefined
  /** The position through which listeners were told; unknown until the watch begins. */
  #seen: Position | undefined
  #token: string | undefined
  #cancelWatch: Cancel | undefined
  #closed = false

  constructor(options: LocalJournalOptions) {
    this.#driver = options.driver
    this.#origin = options.origin
    this.#retain = options.retain
    this.#clock = options.clock
    this.#onError = options.onError
  }

  async append(transaction: Transaction): Promise<Position> {
    checkTransaction(transaction)
    return this.#append(requestFor(transaction, this.#clock.now()))
  }

  async head(): Promise<Position> {
    const { term, seq } = await this.#read(tail)
    return { term, seq }
  }

  async read(after: Position, limit?: number): Promise<Entries> {
    return this.#read(() => readEntries(after, limit))
  }

  async query(collection: string): Promise<Rows> {
    const rows = await this.#read(() => queryIfPosted(collection))
    if (rows !== undefined) return rows
    if (this.#driver.readonly) return this.#read(() => queryReadOnly(collection))
    return this.#write(() => query(collection))
  }

  subscribe(listener: (entries: readonly Entry[]) => void): Unsubscribe {
    this.#listeners.add(listener)
    if (this.#cancelWatch === undefined && !this.#closed) this.#watch()
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#cancelWatch?.()
      this.#cancelWatch = undefined
      this.#seen = undefined
      this.#token = undefined
    }
  }

  /** Begins a new term: from now on appends that carry an older one are refused. */
  async claimTerm(): Promise<Position> {
    const originSeq = this.#origin.next()
    const entry = await this.#write(() => claimTerm(this.#origin.id, originSeq, this.#clock.now()))
    this.#tell([entry])
    return entry.position
  }

  /** Runs a program that only reads, in one transaction. For what belongs to the context that has the database. */
  async inspect<T>(program: () => Program<T>): Promise<T> {
    return this.#read(program)
  }

  /** Runs a program in one write transaction. */
  async maintain<T>(program: () => Program<T>): Promise<T> {
    return this.#write(program)
  }

  /** Writes a checkpoint and trims everything below it, in small batches; appends go on between them. */
  async compact(): Promise<Position> {
    const originSeq = this.#origin.next()
    const parts = { origin: this.#origin.id, nextOriginSeq: () => originSeq, committedAt: this.#clock.now() }
    while ((await this.#write(() => post(POST_BATCH))) > 0);
    const entry = await this.#write(() => checkpoint(parts))
    this.#tell([entry])
    while (await this.#write(trimStep)) await this.#turn()
    return entry.position
  }

  /** Waits for what is under way, posts the tail, and closes the database. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#cancelWatch?.()
    this.#cancelPost?.()
    while (this.#appending !== undefined) await this.#appending
    await this.#posting
    try {
      // Not needed for correctness, only so that the next open finds nothing to do.
      while (!this.#driver.readonly && this.#unposted > 0) await this.#postBatch()
    } finally {
      await this.#driver.close()
    }
  }

  // Appends asked for in the same turn are committed together (group commit), each its own entry.
  #append(request: AppendRequest): Promise<Position> {
    if (this.#closed) return Promise.reject(new ClosedError())
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, resolve, reject }
      if (this.#group !== undefined) {
        this.#group.push(waiting)
        return
      }
      this.#group = [waiting]
      const turn = (this.#appending ?? Promise.resolve()).then(() => this.#commitGroup())
      this.#appending = turn
      void turn.then(() => {
        if (this.#appending === turn) this.#appending = undefined
      })
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

  #commit(group: readonly Waiting[]): AppendOutcome[] | Promise<AppendOutcome[]> {
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
      this.#unposted += entries.length
      this.#schedulePosting()
      // Before the promises: whoever awaits an append finds it applied.
      this.#tell(entries)
    }
    outcomes.forEach((outcome, index) => {
      const { resolve, reject } = group[index] as Waiting
      if ('entry' in outcome) resolve(outcome.entry.position)
      else if ('duplicateOf' in outcome) resolve(outcome.duplicateOf)
      else reject(outcome.refused)
    })
  }

  // Entries that continue what the listeners have are handed on; anything else is left to the watch, which reads the log.
  #tell(entries: readonly Entry[]): void {
    const first = entries[0]
    const last = entries.at(-1)
    if (first === undefined || last === undefined || this.#listeners.size === 0) return
    if (this.#seen !== undefined && first.position.seq !== this.#seen.seq + 1) {
      this.#look()
      return
    }
    this.#seen = last.position
    this.#notify(entries)
  }

  #notify(entries: readonly Entry[]): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(entries)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  #watch(): void {
    this.#look()
    this.#cancelWatch = this.#clock.after(WATCH_INTERVAL, () => {
      this.#cancelWatch = undefined
      if (this.#listeners.size > 0 && !this.#closed) this.#watch()
    })
  }

  // The token costs one read of the shared header and no table; the log is read only when it has changed.
  #look(): void {
    const before = this.#token
    void (async () => {
      const token = await this.#driver.changeToken?.()
      if (this.#closed || this.#listeners.size === 0) return
      if (token !== undefined && token === before && this.#seen !== undefined) return
      this.#token = token
      await this.#catchUp()
    })().catch((error: unknown) => {
      if (!this.#closed) this.#onError(error)
    })
  }

  async #catchUp(): Promise<void> {
    for (;;) {
      const from = this.#seen
      const answer = from && (await this.#read(() => readEntries(from)))
      // An append of ours may have been told meanwhile; then what was read is old.
      if (this.#seen !== from) continue
      if (answer === undefined || 'trimmed' in answer) return this.#beginAtHead(from)
      const last = answer.entries.at(-1)
      if (last === undefined) return
      this.#seen = last.position
      this.#unposted += answer.entries.length
      this.#notify(answer.entries)
      if (last.position.seq >= answer.head.seq) return
    }
  }

  // Whoever subscribed read the log at some moment before; the last entry shows what it may have missed.
  async #beginAtHead(from: Position | undefined): Promise<void> {
    const last = await this.#read(lastEntry)
    if (this.#seen !== from) return
    this.#seen = last.position
    this.#notify([last])
  }

  #schedulePosting(): void {
    if (this.#posting !== undefined || this.#closed) return
    if (this.#unposted >= POST_BACKLOG) {
      this.#cancelPost?.()
      this.#cancelPost = this.#clock.after(0, () => this.#startPosting())
    } else if (this.#cancelPost === undefined) {
      this.#cancelPost = this.#clock.after(POST_DELAY, () => this.#startPosting())
    }
  }

  // One batch, then a turn for whoever waits for the database, then the next.
  #startPosting(): void {
    this.#cancelPost = undefined
    if (this.#posting !== undefined || this.#closed) return
    this.#posting = this.#postBatch()
      .then(() => this.#compactStep())
      .catch(this.#onError)
      .then(() => {
        this.#posting = undefined
        if (this.#unposted > 0) this.#schedulePosting()
      })
  }

  async #postBatch(): Promise<void> {
    this.#unposted = await this.#driver.transaction('write', () => post(POST_BATCH))
  }

  // Follows posting: the log is kept at the length that `retain` asks for.
  async #compactStep(): Promise<void> {
    if (this.#retain === 'all' || this.#unposted > 0) return
    const { entries: keep } = this.#retain
    const parts = { keep, origin: this.#origin.id, nextOriginSeq: () => this.#origin.next() }
    const step = await this.#write(() => compactStep({ ...parts, committedAt: this.#clock.now() }))
    if (step.checkpoint !== undefined) this.#tell([step.checkpoint])
    if (step.more && !this.#closed) this.#cancelPost ??= this.#clock.after(0, () => this.#startPosting())
  }

  /** Lets whoever waits for the database go first. */
  #turn(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0))
  }

  async #read<T>(program: () => Program<T>): Promise<T> {
    if (this.#closed) throw new ClosedError()
    return this.#driver.transaction('read', program)
  }

  async #write<T>(program: () => Program<T>): Promise<T> {
    if (this.#closed) throw new ClosedError()
    return this.#driver.transaction('write', program)
  }
}
