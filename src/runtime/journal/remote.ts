/**
 * The journal of a context that has no database: the same calls, through a channel to whoever leads.
 *
 * A call is kept until it is answered, and sent again to every new leader and whenever an answer is overdue: all of them
 * are safe to repeat (L5). So a lost message or a leader that dies costs time, and a call rejects only when the log
 * refuses it, when the leader speaks another version, or when this journal is closed.
 */

import { ClosedError, DestroyedError, NoLeaderError, ProtocolVersionError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import { type Cancel, type Clock, pause } from '../clock.js'
import { type Deferred, deferred } from '../deferred.js'
import type { Notice, Said } from './board.js'
import type { CompactOptions, MaintenanceCalls, OpenJournal } from './calls.js'
import type { Link } from './channel.js'
import type {
  Entries,
  Entry,
  IndexChanges,
  Position,
  Rows,
  Subset,
  Transaction,
  Unsubscribe,
} from './journal.js'
import { join } from './pieces.js'
import { type Answer, isAnnouncement, isAnswer, type Method, PROTOCOL, versionFor } from './protocol.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from './redactions.js'
import type { CollectionInfo, JournalStats } from './stats.js'
import type { Verification } from './verification.js'
import { fromWire } from './wire-error.js'

/** How long to wait for an answer before a call is sent again, in ms: doubled each time, up to the limit. */
const FIRST_REPEAT = 1000
const LAST_REPEAT = 8000

/** How often overdue calls are looked for, in ms. */
const LOOK = 500

export interface RemoteJournalParts {
  /** The id of this context, of its own. */
  readonly id: string
  readonly link: Link
  readonly clock: Clock
  /** Another context leads from now on. */
  readonly onLeader?: (leader: string) => void
  readonly onClosed?: () => void
  /** The log that this context knew is gone. */
  readonly onDestroyed?: (error: DestroyedError) => void
}

interface Call {
  readonly id: number
  readonly method: Method
  readonly args: readonly unknown[]
  readonly answer: Deferred<unknown>
  /** The pieces that have arrived of a large answer, all from one leader. */
  pieces: unknown[]
  leader: string | undefined
  overdueAt: number
  patience: number
}

type Listener = (entries: readonly Entry[], head?: Position) => void

export class RemoteJournal implements OpenJournal, MaintenanceCalls {
  readonly #parts: RemoteJournalParts
  readonly #calls = new Map<number, Call>()
  readonly #listeners = new Set<Listener>()
  readonly #noticeListeners = new Set<() => void>()
  #leader: string | undefined
  #lastId = 0
  #cancelLook: Cancel | undefined
  #log: string | undefined
  /** With what everything is refused from now on. */
  #refusal: Error | undefined
  #isClosed = false

  constructor(parts: RemoteJournalParts) {
    this.#parts = parts
    parts.link.listen((message) => this.#receive(message))
  }

  get log(): string | undefined {
    return this.#log
  }

  /** The context that leads, as far as this one has heard. */
  get leader(): string | undefined {
    return this.#leader
  }

  /**
   * Resolves when a leader has answered a call.
   *
   * @throws NoLeaderError when none does within `ms`; `holder` is asked then who has the lock
   */
  async answered(
    call: Promise<unknown>,
    ms: number,
    holder: () => Promise<string | undefined>,
  ): Promise<void> {
    const answered = new AbortController()
    const first = await Promise.race([call, this.#late(ms, answered.signal)]).finally(() => answered.abort())
    if (first === 'late') throw new NoLeaderError(ms, await holder())
  }

  // In steps: time in which this context stood still does not count.
  async #late(ms: number, signal: AbortSignal): Promise<'late'> {
    for (let waited = 0; waited < ms && !signal.aborted; waited += LOOK) {
      await pause(this.#parts.clock, Math.min(LOOK, ms - waited), signal)
    }
    return 'late'
  }

  append(transaction: Transaction): Promise<Position> {
    return this.#call('append', [transaction])
  }

  head(): Promise<Position> {
    return this.#call('head', [])
  }

  read(after: Position, limit?: number): Promise<Entries> {
    return this.#call('read', [after, limit])
  }

  query(collection: string, subset?: Subset): Promise<Rows> {
    return this.#call('query', [collection, subset])
  }

  index(collection: string, changes: IndexChanges): Promise<void> {
    return this.#call('index', [collection, changes])
  }

  compact(options?: CompactOptions): Promise<Position> {
    return this.#call('compact', [options])
  }

  identity(): Promise<string> {
    return this.#call('identity', [])
  }

  collections(): Promise<CollectionInfo[]> {
    return this.#call('collections', [])
  }

  stats(): Promise<JournalStats> {
    return this.#call('stats', [])
  }

  verify(): Promise<Verification> {
    return this.#call('verify', [])
  }

  rebuild(): Promise<void> {
    return this.#call('rebuild', [])
  }

  planRedaction(range: SeqRange): Promise<RedactionPlan> {
    return this.#call('planRedaction', [range])
  }

  redact(range: SeqRange): Promise<Redacted> {
    return this.#call('redact', [range])
  }

  forget(collection: string, keys: readonly Key[]): Promise<Forgotten> {
    return this.#call('forget', [collection, keys])
  }

  notify(origin: string, number: number, said: Said): Promise<void> {
    return this.#call('notify', [origin, number, said])
  }

  silence(origin: string): Promise<void> {
    return this.#call('silence', [origin])
  }

  notices(prefix: string): Promise<readonly Notice[]> {
    return this.#call('notices', [prefix])
  }

  onNotice(listener: () => void): Unsubscribe {
    const own = (): void => listener()
    this.#noticeListeners.add(own)
    return () => {
      this.#noticeListeners.delete(own)
    }
  }

  subscribe(listener: Listener): Unsubscribe {
    // One wrapper each, so that the same function can subscribe twice.
    const own: Listener = (entries, head) => listener(entries, head)
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  /** Time may have passed unseen (a frozen tab, a lid that was closed): whatever waits is sent again at once. */
  wake(): void {
    for (const call of this.#calls.values()) this.#send(call)
  }

  /** Removes the database, if its log is the one of this id; without an id, whatever log it has. */
  destroy(log: string | undefined): Promise<void> {
    return this.#call('destroy', [log])
  }

  async close(refusal: Error = new ClosedError()): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#refuse(refusal)
    this.#cancelLook?.()
    this.#listeners.clear()
    this.#noticeListeners.clear()
    this.#parts.link.close()
    this.#parts.onClosed?.()
  }

  #call<T>(method: Method, args: readonly unknown[]): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    const call: Call = {
      id: ++this.#lastId,
      method,
      args,
      answer: deferred(),
      pieces: [],
      leader: undefined,
      overdueAt: 0,
      patience: FIRST_REPEAT,
    }
    this.#calls.set(call.id, call)
    this.#send(call)
    this.#look()
    return call.answer.promise as Promise<T>
  }

  #send(call: Call): void {
    const { id: from, link, clock } = this.#parts
    const { id, method, pieces, args } = call
    call.overdueAt = clock.now() + call.patience
    try {
      link.send({ daybook: PROTOCOL, from, id, method, args, piece: pieces.length, ...this.#known })
    } catch (error) {
      // What the channel cannot carry (DataCloneError), it never will.
      this.#calls.delete(id)
      call.answer.reject(error)
    }
  }

  /** Which log it is that is called. */
  get #known(): { readonly log?: string } {
    return this.#log === undefined ? {} : { log: this.#log }
  }

  #refuse(refusal: Error): void {
    this.#refusal ??= refusal
    for (const { answer } of this.#calls.values()) answer.reject(refusal)
    this.#calls.clear()
  }

  #destroyed(): void {
    if (this.#refusal !== undefined) return
    const error = new DestroyedError()
    this.#refuse(error)
    this.#parts.onDestroyed?.(error)
  }

  // One timer, while anything waits.
  #look(): void {
    this.#cancelLook ??= this.#parts.clock.after(LOOK, () => {
      this.#cancelLook = undefined
      if (this.#calls.size === 0) return
      const now = this.#parts.clock.now()
      for (const call of this.#calls.values()) {
        if (now < call.overdueAt) continue
        call.patience = Math.min(call.patience * 2, LAST_REPEAT)
        this.#send(call)
      }
      this.#look()
    })
  }

  #receive(message: unknown): void {
    const { id } = this.#parts
    if (isAnnouncement(message)) {
      const isOwn = this.#log === undefined || message.log === undefined || message.log === this.#log
      if (message.destroyed === true) {
        if (isOwn && this.#log !== undefined) this.#destroyed()
        return
      }
      this.#heard(message.leader)
      // Of a leader that is gone, or of another log in the same place: whoever leads now says which.
      if (!isOwn) {
        this.head().catch(() => undefined)
        return
      }
      for (const listener of [...this.#listeners]) listener(message.entries, message.head)
      if (message.notices === true) for (const listener of [...this.#noticeListeners]) listener()
    } else if (isAnswer(message, id)) {
      this.#heard(message.leader)
      if (!('error' in message.result)) this.#log ??= message.log
      const call = this.#calls.get(message.id)
      if (call !== undefined) this.#answered(call, message)
    } else {
      const version = versionFor(message, id)
      if (version === undefined) return
      for (const { id: each, answer } of this.#calls.values()) {
        this.#calls.delete(each)
        answer.reject(new ProtocolVersionError(PROTOCOL, version))
      }
    }
  }

  // Nothing that the one before was asked for is answered any more.
  #heard(leader: string): void {
    if (leader === this.#leader) return
    this.#leader = leader
    for (const call of this.#calls.values()) {
      call.pieces = []
      this.#send(call)
    }
    this.#parts.onLeader?.(leader)
  }

  #answered(call: Call, { leader, result }: Answer): void {
    if ('error' in result) {
      const error = fromWire(result.error)
      // That leader leads no more; the next one is sent the same.
      if (isLeaderGone(error)) return
      if (error instanceof DestroyedError) {
        // Whoever has not opened it yet opens what comes after it.
        if (this.#log !== undefined) this.#destroyed()
        return
      }
      this.#settle(call, () => call.answer.reject(error))
    } else if ('forgotten' in result) {
      call.pieces = []
      this.#send(call)
    } else if ('piece' in result) {
      if (call.leader !== leader) call.pieces = []
      call.leader = leader
      if (result.piece !== call.pieces.length) return
      call.pieces.push(result.value)
      if (result.last) this.#settle(call, () => call.answer.resolve(join(call.pieces)))
      else this.#send(call)
    } else {
      this.#settle(call, () => call.answer.resolve(result.value))
    }
  }

  #settle({ id }: Call, settle: () => void): void {
    this.#calls.delete(id)
    settle()
  }
}

/** What a leader answers that is being closed, or that another one has followed. */
const isLeaderGone = (error: Error): boolean =>
  ['DAYBOOK_CLOSED', 'DAYBOOK_FENCED'].includes((error as { code?: string }).code ?? '')
