/**
 * The outbox of a synced collection: what its source has committed, on the way into the log, in order.
 *
 * One upstream transaction is one entry. The next one is sent only when the one before is kept, so a resume token on
 * disk is never newer than the rows it speaks for. When one cannot be kept, everything from it on stays in memory only:
 * what it touched is remembered by key, and tried again as one entry that says what those rows are by then.
 */

import { ClosedError, DeposedError, NotPersistedError, SchemaVersionError } from '../../../errors.js'
import type { Entry, Requirement } from '../../../log/entry.js'
import { encodeOps, type Op, parseOps } from '../../../log/op.js'
import type { StoredOp } from '../../../log/stored-op.js'
import type { Key } from '../../../values/key.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { isUntouched, nothingTouched, type Touched, touchAlso } from './touched.js'

export interface OutboxOptions {
  readonly collection: string
  readonly internals: Internals
  /** What the touched rows and names are now, as ops; nothing while the source is in the middle of a transaction. */
  readonly present: (touched: Touched) => readonly Op[] | undefined
  /** What the log must say for the source's transactions to count. */
  readonly requires: () => readonly Requirement[]
  /** The log refused because something is not so. Resolves when the same can be sent again; rejects when it cannot. */
  readonly amend: (refusal: unknown) => Promise<void>
  /** The log has passed this run on: another sync owner, a newer schema. What was not kept is given up. */
  readonly onRefused: (refusal: unknown) => void
}

/** One upstream transaction. */
interface Packet {
  readonly ops: readonly Op[]
  /** The ops encoded, once that is done. */
  parts: readonly string[] | undefined
  readonly touched: Touched
  /** It is in the log; its promise may not have resolved yet. */
  kept: boolean
}

/** How long to wait before trying again, in ms: doubled each time, up to the limit. */
const FIRST_RETRY = 1000
const LAST_RETRY = 30_000

/** So many ops are encoded in a turn of their own. */
const MANY_OPS = 1000

export class Outbox {
  readonly #options: OutboxOptions
  #packets: Packet[] = []
  /** The number of the transaction that is being sent. */
  #originSeq: number | undefined
  #busy = false
  #sending: Promise<void> = Promise.resolve()
  /** What could not be kept, while that is so. */
  #unkept: Touched | undefined
  #failure: unknown
  #retryAfter = FIRST_RETRY
  #cancelRetry: Cancel | undefined
  #stopped = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** Why nothing is kept at present, if so. */
  get failure(): unknown {
    return this.#unkept === undefined ? undefined : this.#failure
  }

  /** Nothing can be kept for now: what is pushed is gathered, and tried again from time to time. */
  hold(reason: unknown): void {
    this.#fail(reason, nothingTouched())
  }

  /** Sends the ops of one upstream transaction when everything before them is kept. */
  push(ops: readonly Op[], touched: Touched): void {
    if (this.#stopped) return
    if (this.#unkept !== undefined) {
      touchAlso(this.#unkept, touched)
      return
    }
    const packet: Packet = { ops, parts: undefined, touched, kept: false }
    this.#packets.push(packet)
    if (ops.length <= MANY_OPS) this.#encodeNow(packet)
    this.#start(() => this.#send())
  }

  /** Whether an entry of the log is the transaction that is being sent; its changes are in memory already. */
  recognises({ origin, originSeq }: Entry): boolean {
    if (originSeq !== this.#originSeq || origin !== this.#options.internals.origin) return false
    const [packet] = this.#packets
    if (packet !== undefined) packet.kept = true
    return true
  }

  /** The changes that are in memory and not in the log, to be put on top of a base that others change. */
  unkept(): readonly StoredOp[] {
    const bodies = this.#packets.map((packet) => (packet.kept ? [] : encoded(packet)))
    const present = this.#unkept && this.#options.present(this.#unkept)
    if (present !== undefined) bodies.push(encodeOps(present))
    return bodies.flatMap((parts) => parts.flatMap(parseOps))
  }

  /** The keys whose row may be newer in memory than on disk. */
  unkeptKeys(): ReadonlySet<Key> {
    const keys = new Set(this.#unkept?.keys)
    for (const { touched } of this.#packets) for (const key of touched.keys) keys.add(key)
    return keys
  }

  /** Takes nothing more. What it has is still sent. */
  stop(): void {
    this.#stopped = true
    this.#cancelRetry?.()
  }

  /** Resolves when everything is kept, or cannot be. */
  async settled(): Promise<void> {
    await this.#sending
  }

  // One piece of work at a time. Closing the daybook waits for it.
  #start(work: () => Promise<void>): void {
    if (this.#busy) return
    this.#busy = true
    const done = this.#options.internals.pending.run(async () => {
      await work()
      // What was pushed between the end of the work and here found it busy.
      while (this.#packets.length > 0) await this.#send()
      this.#busy = false
    })
    this.#sending = done.catch((error: unknown) => {
      // The daybook is closing: nothing was sent.
      this.#busy = false
      this.#giveUp(error)
    })
  }

  async #send(): Promise<void> {
    for (let packet = this.#packets[0]; packet !== undefined; packet = this.#packets[0]) {
      try {
        // The rows are shown first: encoding many of them takes as long as a frame or more.
        if (packet.ops.length > MANY_OPS) await new Promise((resolve) => setTimeout(resolve))
        await this.#append(encoded(packet))
      } catch (error) {
        this.#giveUp(error)
        return
      }
      this.#packets.shift()
    }
  }

  // From the first one that is not kept on, nothing is.
  #giveUp(error: unknown): void {
    const touched = nothingTouched()
    for (const waiting of this.#packets.splice(0)) touchAlso(touched, waiting.touched)
    this.#fail(error, touched)
  }

  async #append(parts: readonly string[]): Promise<void> {
    const { internals, requires, amend } = this.#options
    for (;;) {
      const { transaction, kept } = internals.writer.send(parts, requires())
      this.#originSeq = transaction.originSeq
      try {
        await kept
        return
      } catch (error) {
        if (!(error instanceof SchemaVersionError)) throw error
        await amend(error)
      } finally {
        this.#originSeq = undefined
      }
    }
  }

  #fail(error: unknown, touched: Touched): void {
    const { collection, internals, onRefused } = this.#options
    if (error instanceof DeposedError || error instanceof SchemaVersionError) {
      this.#unkept = undefined
      this.stop()
      onRefused(error)
      return
    }
    const first = this.#unkept === undefined || codeOf(error) !== codeOf(this.#failure)
    this.#unkept ??= nothingTouched()
    touchAlso(this.#unkept, touched)
    this.#failure = error
    if (this.#stopped || error instanceof ClosedError) return
    if (first) {
      const failure = new NotPersistedError(collection, { cause: error })
      internals.events.emit('storage', { collection, status: 'failing', error: failure })
    }
    this.#cancelRetry = internals.clock.after(this.#retryAfter, () => {
      this.#start(() => this.#retry())
    })
    this.#retryAfter = Math.min(this.#retryAfter * 2, LAST_RETRY)
  }

  async #retry(): Promise<void> {
    try {
      this.#options.requires()
    } catch (error) {
      this.hold(error)
      return
    }
    for (let unkept = this.#unkept; unkept !== undefined && !isUntouched(unkept); unkept = this.#unkept) {
      // What is pushed meanwhile is gathered for the next time round.
      this.#unkept = nothingTouched()
      try {
        const ops = this.#options.present(unkept)
        if (ops === undefined) throw this.#failure
        if (ops.length > 0) await this.#append(encodeOps(ops))
      } catch (error) {
        const later = this.#unkept
        this.#unkept = unkept
        this.#fail(error, later)
        return
      }
    }
    this.#recovered()
  }

  /** At once: the source may go on to change its objects. What cannot be encoded is met again when it is sent. */
  #encodeNow(packet: Packet): void {
    try {
      encoded(packet)
    } catch {
      packet.parts = undefined
    }
  }

  #recovered(): void {
    const { collection, internals } = this.#options
    this.#unkept = undefined
    this.#failure = undefined
    this.#retryAfter = FIRST_RETRY
    if (!this.#stopped) internals.events.emit('storage', { collection, status: 'recovered' })
  }
}

function encoded(packet: Packet): readonly string[] {
  packet.parts ??= encodeOps(packet.ops)
  return packet.parts
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | undefined)?.code
