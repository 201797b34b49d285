/**
 * The recorder of a session: what its source has committed, on the way into the log, in order.
 *
 * One upstream transaction is one entry. The next one is sent only when the one before is kept, so a resume token on
 * disk is never newer than the rows it speaks for. When one cannot be kept, everything from it on stays in memory only:
 * what it touched is remembered by key, and tried again as one entry that says what those rows are by then.
 */

import {
  ClosedError,
  DeposedError,
  DestroyedError,
  NotPersistedError,
  SchemaVersionError,
} from '../../../errors.js'
import type { Entry, Requirement } from '../../../log/entry.js'
import { type Op, parseOps } from '../../../log/op.js'
import type { StoredOp } from '../../../log/stored-op.js'
import type { Key } from '../../../values/key.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import type { NewerRows } from '../on-demand/loaded-subsets.js'
import { isUntouched, nothingTouched, type Touched, touchAlso } from './touched.js'

export interface RecorderOptions {
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

/** One upstream transaction, or daybook's own notes between them. */
interface Packet {
  ops: readonly Op[]
  /** The ops encoded, once that is done. */
  parts: readonly string[] | undefined
  readonly touched: Touched
  state: 'reserved' | 'waiting' | 'sent' | 'kept'
}

/** The place of a transaction among those that are on the way. */
export interface Slot {
  /** The transaction was accepted; without ops there is nothing to send. */
  fill(ops: readonly Op[], touched: Touched): void
  /** It was not. */
  drop(): void
}

/** How long to wait before trying again, in ms: doubled each time, up to the limit. */
const FIRST_RETRY = 1000
const LAST_RETRY = 30_000

/** So many ops are encoded in a turn of their own. */
const MANY_OPS = 1000

export class Recorder {
  readonly #options: RecorderOptions
  #packets: Packet[] = []
  /** What was sent and has not come back, by the number of its transaction; what is tried again belongs to no packet. */
  readonly #sent = new Map<number, Packet | undefined>()
  #busy = false
  #sending: Promise<void> = Promise.resolve()
  /** What could not be kept, while that is so. */
  #unkept: Touched | undefined
  #failure: unknown
  #retryAfter = FIRST_RETRY
  #cancelRetry: Cancel | undefined
  #stopped = false

  constructor(options: RecorderOptions) {
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

  /** A place for a transaction that core is about to be told of: those made while it is told come behind. */
  reserve(): Slot {
    const packet: Packet = { ops: [], parts: undefined, touched: nothingTouched(), state: 'reserved' }
    this.#packets.push(packet)
    return {
      fill: (ops, touched) => this.#fill(packet, ops, touched),
      drop: () => this.#remove(packet),
    }
  }

  /** Sends ops when everything before them is kept. */
  push(ops: readonly Op[], touched: Touched): void {
    this.reserve().fill(ops, touched)
  }

  /** Sends ops of daybook's own: in the entry of what the source has committed in this turn, if it has. */
  join(ops: readonly Op[], touched: Touched): void {
    const last = this.#packets.at(-1)
    if (last?.state !== 'waiting' || this.#unkept !== undefined) {
      this.push(ops, touched)
      return
    }
    last.ops = [...last.ops, ...ops]
    last.parts = undefined
    touchAlso(last.touched, touched)
    this.#encodeNow(last)
  }

  /**
   * Whether an entry of the log is a transaction that was sent; it may come before it is acknowledged, or after. Answers
   * what of it is not in memory: changes of rows that only the disk has; `undefined` for any other entry.
   */
  recognises({ origin, originSeq }: Entry): readonly StoredOp[] | undefined {
    if (origin !== this.#options.internals.origin || !this.#sent.has(originSeq)) return undefined
    const packet = this.#sent.get(originSeq)
    // What was sent earlier stands earlier in the log: where it was not met, the collection was read again as a whole.
    for (const earlier of this.#sent.keys()) if (earlier <= originSeq) this.#sent.delete(earlier)
    if (packet === undefined) return []
    packet.state = 'kept'
    return unseenOps(packet)
  }

  /** The changes that are in memory and not in the log, to be put on top of a base that others change. */
  unkept(): readonly StoredOp[] {
    const bodies = this.#packets.map((packet) => (packet.state === 'kept' ? [] : this.#encoded(packet)))
    const present = this.#unkept && this.#options.present(this.#unkept)
    if (present !== undefined) bodies.push(this.#options.internals.codec.encodeOps(present))
    return bodies.flatMap((parts) => parts.flatMap(parseOps))
  }

  /** The rows that may be newer in memory than on disk. */
  get newerRows(): NewerRows {
    const keys = new Set(this.#unkept?.keys)
    let all = this.#unkept?.truncated === true
    for (const { touched, state } of this.#packets) {
      for (const key of touched.keys) keys.add(key)
      if (touched.truncated && state !== 'kept') all = true
    }
    return { keys, all }
  }

  /** A row leaves memory and stays on disk: what is not kept of it is remembered. */
  leavesMemory(key: Key, ops: readonly Op[]): void {
    if (this.#unkept?.keys.has(key) === true && !this.#unkept.unseen.has(key))
      this.#unkept.unseen.set(key, ops)
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

  #fill(packet: Packet, ops: readonly Op[], touched: Touched): void {
    if (this.#stopped || ops.length === 0) {
      this.#remove(packet)
      return
    }
    if (this.#unkept !== undefined) {
      this.#remove(packet)
      touchAlso(this.#unkept, touched)
      return
    }
    packet.ops = ops
    touchAlso(packet.touched, touched)
    packet.state = 'waiting'
    if (ops.length <= MANY_OPS) this.#encodeNow(packet)
    this.#start(() => this.#send())
  }

  #remove(packet: Packet): void {
    this.#packets = this.#packets.filter((each) => each !== packet)
  }

  // One piece of work at a time. Closing the daybook waits for it.
  #start(work: () => Promise<void>): void {
    if (this.#busy) return
    this.#busy = true
    const done = this.#options.internals.pending.run(async () => {
      // What the source does in this turn belongs together.
      await undefined
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
        packet.state = 'sent'
        await this.#append(this.#encoded(packet), packet)
      } catch (error) {
        this.#giveUp(error)
        return
      }
      this.#remove(packet)
    }
  }

  // From the first one that is not kept on, nothing is.
  #giveUp(error: unknown): void {
    const touched = nothingTouched()
    for (const waiting of this.#packets.splice(0)) touchAlso(touched, waiting.touched)
    this.#fail(error, touched)
  }

  async #append(parts: readonly string[], packet?: Packet): Promise<void> {
    const { internals, requires, amend } = this.#options
    for (;;) {
      const { transaction, kept } = internals.writer.send(parts, requires())
      this.#sent.set(transaction.originSeq, packet)
      try {
        await kept
        return
      } catch (error) {
        this.#sent.delete(transaction.originSeq)
        if (!(error instanceof SchemaVersionError)) throw error
        await amend(error)
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
    if (this.#stopped || error instanceof ClosedError || error instanceof DestroyedError) return
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
        if (ops.length > 0) await this.#append(this.#options.internals.codec.encodeOps(ops))
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
      this.#encoded(packet)
    } catch {
      packet.parts = undefined
    }
  }

  #encoded(packet: Packet): readonly string[] {
    packet.parts ??= this.#options.internals.codec.encodeOps(packet.ops)
    return packet.parts
  }

  #recovered(): void {
    const { collection, internals } = this.#options
    this.#unkept = undefined
    this.#failure = undefined
    this.#retryAfter = FIRST_RETRY
    if (!this.#stopped) internals.events.emit('storage', { collection, status: 'recovered' })
  }
}

/** The changes of a packet that memory was not told of. */
function unseenOps({ touched, parts }: Packet): readonly StoredOp[] {
  if (touched.unseen.size === 0) return []
  return (parts ?? [])
    .flatMap(parseOps)
    .filter((op) => typeof op[2] !== 'undefined' && touched.unseen.has(op[2] as Key) && op[0] !== 'state')
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | undefined)?.code
