/**
 * The tail: every entry, once, in seq order, to every open collection of a daybook.
 *
 * A journal's subscription is only a hint. The tail applies seq + 1, drops what it has, and reads the log for what it
 * misses; a slow timer asks for the head in case a hint never came.
 */

import type { Position } from '../../errors.js'
import { parseOps } from '../../log/body.js'
import { opParts } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Cancel, Clock } from '../clock.js'
import type { Entry, Journal, Unsubscribe } from '../journal/journal.js'
import { stayAlive } from '../stay-alive.js'
import type { CatchUpReason, Trace } from './trace.js'

/** The last resort against a hint that got lost, in ms. */
const BACKSTOP = 5000

/** An open collection. */
export interface Follower {
  readonly collection: string
  readonly isLoading: boolean
  /** Settles when the first load is over, one way or the other. */
  readonly loaded: Promise<void>
  /** Changes of the collection in one entry, in order; as they are stored, and parsed for this follower alone. */
  apply(ops: readonly StoredOp[], entry: Entry): void
  /** Entries are missing for ever (trimmed): read the rows again. */
  reload(): void
  /** The log is gone: nothing comes any more. Left out where there is nobody to tell. */
  fail?(error: unknown): void
}

export interface TailOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly onError: (error: unknown) => void
  readonly trace?: Trace | undefined
  readonly counters: { catchUps: number }
}

interface Waiter {
  readonly seq: number
  readonly resolve: () => void
}

export class Tail {
  readonly #options: TailOptions
  readonly #followers = new Map<string, Set<Follower>>()
  #unsubscribe: Unsubscribe | undefined
  #started: Promise<void> | undefined
  #position: Position | undefined
  /** The highest seq that was hinted at. */
  #hinted = 0
  #catchingUp: Promise<void> | undefined
  #cancelBackstop: Cancel | undefined
  #waiters: Waiter[] = []
  #beforeApplying: (entry: Entry) => void = () => undefined

  constructor(options: TailOptions) {
    this.#options = options
  }

  /** The position through which entries were applied; nothing while there is nobody to apply them to. */
  get position(): Position | undefined {
    return this.#position
  }

  /** Calls back with each entry before it is applied to any collection. */
  beforeApplying(listener: (entry: Entry) => void): void {
    this.#beforeApplying = listener
  }

  /**
   * Adds a follower. When the promise resolves, every entry after the head at that moment will reach it: rows that are
   * read from then on can be continued by the entries after their position.
   */
  async follow(follower: Follower): Promise<void> {
    const followers = this.#followers.get(follower.collection) ?? new Set()
    this.#followers.set(follower.collection, followers)
    followers.add(follower)
    this.#started ??= this.#start()
    try {
      await this.#started
    } catch (error) {
      this.unfollow(follower)
      throw error
    }
  }

  unfollow(follower: Follower): void {
    const followers = this.#followers.get(follower.collection)
    followers?.delete(follower)
    if (followers?.size === 0) this.#followers.delete(follower.collection)
    if (this.#followers.size === 0) this.stop()
  }

  /** Resolves when the followers of these collections have the entry at `seq`, or nobody follows. */
  async until(seq: number, collections: Iterable<string>): Promise<void> {
    if (this.#position !== undefined && this.#position.seq < seq) {
      const arrived = new Promise<void>((resolve) => this.#waiters.push({ seq, resolve }))
      this.#hint(seq, 'write')
      await stayAlive(arrived)
    }
    for (const collection of collections) {
      for (const follower of this.#followers.get(collection) ?? []) {
        // Whether it could load is its own affair; the entry is kept.
        if (follower.isLoading) await follower.loaded.catch(() => undefined)
      }
    }
  }

  /** Asks for the head now: time may have passed unseen. */
  wake(): void {
    this.#cancelBackstop?.()
    if (this.#position !== undefined) this.#askForHead()
  }

  /** The log is gone. */
  fail(error: unknown): void {
    for (const followers of [...this.#followers.values()]) {
      for (const follower of [...followers]) follower.fail?.(error)
    }
    this.stop()
  }

  stop(): void {
    this.#unsubscribe?.()
    this.#cancelBackstop?.()
    this.#unsubscribe = undefined
    this.#started = undefined
    this.#position = undefined
    this.#hinted = 0
    for (const { resolve } of this.#waiters.splice(0)) resolve()
  }

  async #start(): Promise<void> {
    const unsubscribe = this.#options.journal.subscribe((entries, head) => {
      this.#take(entries)
      if (head !== undefined) this.#hint(head.seq)
    })
    this.#unsubscribe = unsubscribe
    try {
      const head = await this.#options.journal.head()
      if (this.#unsubscribe !== unsubscribe) return
      this.#position = head
    } catch (error) {
      this.stop()
      throw error
    }
    this.#armBackstop()
    this.#hint(this.#hinted)
  }

  #take(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (this.#position !== undefined && entry.position.seq === this.#position.seq + 1) this.#deliver(entry)
      else this.#hint(entry.position.seq, 'gap')
    }
  }

  #hint(seq: number, reason: CatchUpReason = 'head'): void {
    this.#hinted = Math.max(this.#hinted, seq)
    const from = this.#position?.seq
    if (from === undefined || this.#hinted <= from || this.#catchingUp !== undefined) return
    const { trace, clock, counters, onError } = this.#options
    counters.catchUps++
    const began = trace === undefined ? 0 : clock.elapsed()
    this.#catchingUp = this.#catchUp()
      .catch(onError)
      .finally(() => {
        this.#catchingUp = undefined
        if (this.#position === undefined) return
        const entries = this.#position.seq - from
        trace?.({ type: 'catch-up', reason, entries, duration: clock.elapsed() - began })
      })
  }

  async #catchUp(): Promise<void> {
    while (this.#position !== undefined && this.#position.seq < this.#hinted) {
      const answer = await this.#options.journal.read(this.#position)
      if ('trimmed' in answer) {
        await this.#reload()
        return
      }
      this.#take(answer.entries)
      if (answer.entries.length === 0) return
    }
  }

  async #reload(): Promise<void> {
    const head = await this.#options.journal.head()
    if (this.#position === undefined) return
    this.#arrive(head)
    for (const followers of this.#followers.values()) for (const follower of followers) follower.reload()
  }

  #deliver(entry: Entry): void {
    this.#beforeApplying(entry)
    const followed =
      this.#followers.size > 0 ? opsByCollection(entry, (id) => this.#followers.has(id)) : undefined
    for (const [collection, ops] of followed ?? []) {
      let own: readonly StoredOp[] | undefined = ops
      for (const follower of [...(this.#followers.get(collection) ?? [])]) {
        // Decoding makes the parsed objects the follower's own, so a second follower gets a parse of its own.
        own ??= opsByCollection(entry, (id) => id === collection).get(collection) ?? []
        try {
          follower.apply(own, entry)
        } catch (error) {
          this.#options.onError(error)
        }
        own = undefined
      }
    }
    this.#arrive(entry.position)
  }

  #arrive(position: Position): void {
    this.#position = position
    if (this.#waiters.length === 0) return
    const waiting = this.#waiters.filter(({ seq }) => seq > position.seq)
    const arrived = this.#waiters.filter(({ seq }) => seq <= position.seq)
    this.#waiters = waiting
    for (const { resolve } of arrived) resolve()
  }

  #armBackstop(): void {
    this.#cancelBackstop = this.#options.clock.after(BACKSTOP, () => this.#askForHead())
  }

  #askForHead(): void {
    if (this.#position === undefined) return
    this.#options.journal
      .head()
      .then(({ seq }) => this.#hint(seq))
      .catch(this.#options.onError)
      .finally(() => {
        if (this.#position !== undefined) this.#armBackstop()
      })
  }
}

function opsByCollection(entry: Entry, wanted: (collection: string) => boolean): Map<string, StoredOp[]> {
  const found = new Map<string, StoredOp[]>()
  for (const part of opParts(entry)) {
    for (const op of parseOps(part)) {
      const ops = found.get(op[1])
      if (ops !== undefined) ops.push(op)
      else if (wanted(op[1])) found.set(op[1], [op])
    }
  }
  return found
}
