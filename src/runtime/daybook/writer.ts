/**
 * The writer of a handle: every write passes through it, in this order, and never back through the handle.
 *
 *   place (at once) → the app's handler → turn → encode and require → append, until it is kept or refused → applied
 *
 * A place in the order of a row is taken when the write is handed over, so mutations reach the log in the order in which
 * TanStack DB accepted them, whatever handlers are still running (B2). What comes behind a refused write of the same row
 * is refused as well. A write resolves when the tail has passed its entry.
 */

import { EarlierRefusedError, type Position } from '../../errors.js'
import type { Requirement, Transaction } from '../../log/entry.js'
import type { Clock } from '../clock.js'
import { deferred } from '../deferred.js'
import type { Entry, Journal } from '../journal/journal.js'
import type { Origin } from '../origin.js'
import type { Pending } from './pending.js'
import type { Tail } from './tail.js'
import { type Place, type RowId, WriteOrder } from './write-order.js'

/** What is to be written, and what the log must say for it. */
export interface Prepared {
  /** From `encodeOps`. */
  readonly parts: readonly string[]
  readonly requires: readonly Requirement[]
}

/** One write, as the parts of a handle hand it over. */
export interface Write {
  /** What it is, for people: `an insert into "todos"`. */
  readonly what: string
  /** The rows that it changes. */
  readonly rows: readonly RowId[]
  /** The collections that it changes. */
  readonly collections: Iterable<string>
  /** It builds on the earlier writes of its rows: when one of them is refused, it is as well. */
  readonly buildsOnEarlier: boolean
  /** Called when it is its turn, and again after `amend` has asked for it. */
  prepare(): Prepared | Promise<Prepared>
  /**
   * The log has refused it. Answers what to try: the `same` transaction once more, or `another` one, prepared anew. Throws
   * when the refusal is final.
   */
  amend?(refusal: unknown): Promise<'same' | 'another'>
  /** Its entry is about to be applied, or it was refused. */
  readonly onLeave?: (refusal?: { readonly error: unknown }) => void
}

/** A transaction on its way into the log. */
export interface Sent {
  readonly transaction: Transaction
  /** Resolves when it is kept. */
  readonly kept: Promise<Position>
}

/** How long a write waits for the handler of an earlier one before the app is told, in ms. */
const LONG = 5000

export interface WriterParts {
  readonly journal: Journal
  readonly tail: Tail
  readonly origin: Origin
  readonly clock: Clock
  readonly pending: Pending
  readonly warn: (warning: string) => void
}

export class Writer {
  readonly #parts: WriterParts
  readonly #order = new WriteOrder()
  /** Transactions that were sent and have not come back through the tail. */
  readonly #sent = new Map<number, { readonly place: Place; readonly write: Write }>()
  /** Writes whose handler has not ended. */
  readonly #inHandlers = new Set<PendingWrite>()

  constructor(parts: WriterParts) {
    this.#parts = parts
  }

  /**
   * Takes a place for a write; it is appended when it is released.
   *
   * @throws ClosedError when the handle is closing
   */
  begin(write: Write): PendingWrite {
    const pending = new PendingWrite(write, () => this.#inHandlers.delete(pending))
    this.#inHandlers.add(pending)
    pending.kept = this.#start(write, pending)
    // Whoever handed it over need not look at it before the handler has ended.
    pending.kept.catch(() => undefined)
    return pending
  }

  /** Writes at once: there is no handler to wait for. */
  async write(write: Write): Promise<Position> {
    return this.#start(write, undefined)
  }

  /**
   * Sends a transaction that has an order of its own, such as what a source commits: the caller waits, repeats and applies.
   */
  send(parts: readonly string[], requires: readonly Requirement[] = []): Sent {
    const transaction = this.#parts.origin.transaction(parts, requires)
    return { transaction, kept: this.#parts.journal.append(transaction) }
  }

  /** An entry is about to be applied. */
  arriving({ origin, originSeq }: Entry): void {
    if (origin !== this.#parts.origin.id) return
    const sent = this.#sent.get(originSeq)
    if (sent === undefined) return
    this.#sent.delete(originSeq)
    this.#order.leave(sent.place)
    sent.write.onLeave?.()
  }

  /** What handlers are still at work for, for people. */
  get inHandlers(): string[] {
    return Array.from(this.#inHandlers, ({ write }) => write.what)
  }

  /** The handlers that are still at work are not waited for any more: what they were to confirm is refused. */
  abandonHandlers(refusal: Error): void {
    for (const pending of [...this.#inHandlers]) pending.abandon(refusal)
  }

  #start(write: Write, pending: PendingWrite | undefined): Promise<Position> {
    this.#parts.pending.check()
    const place = this.#order.take(write.rows)
    return this.#parts.pending.run(() => this.#perform(write, place, pending?.released))
  }

  async #perform(write: Write, place: Place, released: Promise<void> | undefined): Promise<Position> {
    try {
      if (released !== undefined) await released
      const turn = place.turn()
      if (turn !== undefined) await this.#wait(turn, write)
      const position = await this.#append(write, place)
      await this.#parts.tail.until(position.seq, write.collections)
      this.#parts.pending.checkKept()
      place.keep()
      this.#order.leave(place)
      write.onLeave?.()
      return position
    } catch (error) {
      write.onLeave?.({ error })
      // A handler may fail while earlier writes wait: who comes behind this one has to wait for them all the same.
      const turn = place.turn()
      if (turn === undefined) this.#refused(place, error)
      else void turn.then(() => this.#refused(place, error))
      throw error
    }
  }

  #refused(place: Place, error: unknown): void {
    place.refuse(error)
    this.#order.leave(place)
  }

  async #wait(turn: NonNullable<ReturnType<Place['turn']>>, write: Write): Promise<void> {
    const { clock, warn } = this.#parts
    const cancel = clock.after(LONG, () => {
      const handlers = this.inHandlers
      if (handlers.length === 0) return
      warn(
        `${write.what} has waited ${LONG / 1000} s for the handlers of earlier changes: ${handlers.join(', ')}. A handler ` +
          'that awaits a later change of the same row waits for ever; do not await it there.',
      )
    })
    const refusal = await turn.finally(cancel)
    if (refusal === undefined || !write.buildsOnEarlier) return
    const { row, error } = refusal
    throw new EarlierRefusedError(row.collection, row.key, { cause: error })
  }

  async #append(write: Write, place: Place): Promise<Position> {
    let made: Transaction | undefined
    for (;;) {
      if (made === undefined) {
        const preparing = write.prepare()
        const { parts, requires } = preparing instanceof Promise ? await preparing : preparing
        made = this.#parts.origin.transaction(parts, requires)
      }
      try {
        this.#sent.set(made.originSeq, { place, write })
        return await this.#parts.journal.append(made)
      } catch (error) {
        this.#sent.delete(made.originSeq)
        if (write.amend === undefined) throw error
        if ((await write.amend(error)) === 'another') made = undefined
      }
    }
  }
}

/** A write that has its place, and is not appended before the app's handler has ended. */
export class PendingWrite {
  readonly write: Write
  /** Resolves when it is in the log and applied; rejects when it is refused. */
  kept: Promise<Position> = NEVER
  readonly #released = deferred<void>()
  readonly #abandoned = deferred<never>()
  readonly #onReleased: () => void

  constructor(write: Write, onReleased: () => void) {
    this.write = write
    this.#onReleased = onReleased
  }

  /** Settles when it is known whether it is to be appended. */
  get released(): Promise<void> {
    return this.#released.promise
  }

  /** The handler has ended, or has said that it may be appended. */
  release(): void {
    this.#onReleased()
    this.#released.resolve()
  }

  /** It is not to be appended, unless it was released before. */
  refuse(error: unknown): void {
    this.#onReleased()
    this.#released.reject(error)
  }

  /** The handler is not waited for any more. */
  abandon(error: unknown): void {
    this.refuse(error)
    this.#abandoned.reject(error)
  }

  /** Rejects when the handler is not waited for any more. */
  get abandoned(): Promise<never> {
    return this.#abandoned.promise
  }
}

const NEVER = new Promise<never>(() => undefined)
