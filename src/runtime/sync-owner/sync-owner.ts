/**
 * The role of sync owner: of all contexts that have the daybook open, one runs the upstream sync of a collection.
 *
 * A lock chooses it; the owner's claim in the log makes it binding. So there are two ways to lose the role: the lock goes,
 * or somebody else claims, which the tail tells. Only the second one decides: whoever still believes to be owner appends
 * under an older claim, and the log refuses it (DeposedError). The role is kept here, and nothing else: what the owner
 * does with it is the listener's affair.
 */

import {
  ClosedError,
  type DaybookError,
  DestroyedError,
  type Position,
  ReadOnlyError,
  StorageFullError,
  StorageIoError,
} from '../../errors.js'
import { type Clock, pause } from '../clock.js'
import type { Tail } from '../daybook/tail.js'
import { type Deferred, deferred } from '../deferred.js'
import type { Locks } from './locks/locks.js'
import { type Question, RoleWatch } from './role-watch.js'
import type { LostReason, SyncOwnerListener, SyncOwnerState } from './sync-owner-listener.js'
import { TakeOver } from './take-over.js'
import { Turn } from './turn.js'

/** How long others have the chance to take a lock that was released for them, in ms. They look within this time. */
const AFTER_YOU = 1000

/** The same when this context wants the role back at once: who asked for it looks more often. */
const AFTER_YOU_AT_LEAST = 250

/** The first pause after a setback, in ms; each one in a row doubles it. */
const SHORTEST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

/** How long after its beginning a contest may go without anybody being asked, in ms. */
const FIRST_CHANCE = 250

/** Ends a wait that begins anew at once. */
const AGAIN = Symbol('again')

/** Who has been owner for as long, in ms, has had no setback in a row. */
const SETTLED = 30_000

export interface SyncOwnerParts {
  readonly collection: string
  /** Who this context is in the log. */
  readonly origin: string
  /** Who contends: one of several of this context. */
  readonly contender: string
  readonly locks: Locks
  readonly tail: Pick<Tail, 'follow' | 'unfollow'>
  readonly clock: Clock
  /** Appends a claim of the collection. */
  readonly claim: (collection: string) => Promise<Position>
  /** Whether nobody looks at this context. Left out where there is nothing to look at. */
  readonly isHidden?: (() => boolean) | undefined
  /** Appends a question for the role. */
  readonly ask: (collection: string, question: Question) => Promise<unknown>
  readonly listener: SyncOwnerListener
}

export class SyncOwner {
  /** Resolves when it was stopped and the lock is free. */
  readonly stopped: Promise<void>
  readonly #parts: SyncOwnerParts
  #state: SyncOwnerState = 'waiting'
  #claim: Position | undefined
  /** Ends the present wait, for the lock or between two turns; a new one each time, for listeners gather on a signal. */
  #waiting = new AbortController()
  /** From the lock to its release. */
  #turn: Turn | undefined
  /** The lock is held, and the log takes no claim. */
  #unclaimed = false
  /** Somebody here needs the role. */
  #wanted: TakeOver | undefined
  #since: number
  /** Settles when the context goes on, while it stands still. */
  #suspended: Deferred<void> | undefined
  #setbacks = 0
  /** The code of the error that was told last. */
  #told: string | undefined

  /** Contends from now on, until stop(). */
  constructor(parts: SyncOwnerParts) {
    this.#parts = parts
    this.#since = parts.clock.now()
    this.stopped = this.#run()
  }

  get collection(): string {
    return this.#parts.collection
  }

  get state(): SyncOwnerState {
    return this.#state
  }

  /** The claim under which upstream transactions are appended; only the owner has one. */
  get claim(): Position | undefined {
    return this.#claim
  }

  /** Lets another context take over, and contends again after it had the chance to. Who waits goes on waiting. */
  release(): void {
    this.#end('released')
  }

  /**
   * Takes the role over from whoever has it. Resolves when this context may run the source; rejects when it never will.
   */
  want(): Promise<void> {
    if (this.#state === 'owner' || this.#unclaimed) return Promise.resolve()
    if (this.#isStopped) return Promise.reject(new ClosedError())
    this.#wanted ??= this.#beginToWant()
    return this.#wanted.granted.promise
  }

  /** The page is looked at: it takes the role over from one that is not. */
  shown(): void {
    const { collection, contender, ask } = this.#parts
    if (this.#state !== 'waiting' || this.#turn !== undefined) return
    ask(collection, { by: contender, heard: false, visible: true }).catch((error: unknown) =>
      this.#tell(error),
    )
  }

  /** The page is not looked at any more, and browsers slow it down: whoever waits for the role gets it. */
  async hidden(): Promise<void> {
    const { collection, locks } = this.#parts
    if (this.#state === 'owner' && (await locks.isWanted?.(collection)) === true) this.#letGo()
  }

  /** Gives up the role and asks for it no more before resume(): for a context that is about to stand still. */
  suspend(): void {
    this.#suspended ??= deferred()
    this.#end('released')
    this.#waiting.abort(AGAIN)
  }

  resume(): void {
    this.#suspended?.resolve()
    this.#suspended = undefined
  }

  /**
   * An append under this claim was refused with DeposedError: whoever is told by the log need not wait for the tail.
   */
  deposed(claim: Position): void {
    if (this.#claim?.seq === claim.seq) this.#end('superseded')
  }

  /** Gives up the role for good. `onLost` is called before this returns; resolves when the lock is free. */
  stop(): Promise<void> {
    if (this.#state !== 'stopped') {
      this.#end('stopped')
      this.#state = 'stopped'
      this.#waiting.abort()
      this.resume()
      this.#noLongerWanted()?.reject(new ClosedError())
    }
    return this.stopped
  }

  #beginToWant(): TakeOver {
    const { collection, contender, tail, clock, ask } = this.#parts
    this.#waiting.abort(AGAIN)
    return new TakeOver({
      collection,
      contender,
      tail,
      clock,
      // Nobody may have it: the lock says so very soon.
      patience: this.#since + FIRST_CHANCE - clock.now(),
      ask: (question) => ask(collection, question),
      onSilence: () => this.#waiting.abort(AGAIN),
      onError: (error) => {
        // A handle that cannot write never gets the role.
        if (error instanceof ReadOnlyError) this.#noLongerWanted()?.reject(error)
        else this.#tell(error)
      },
    })
  }

  #noLongerWanted(): Deferred<void> | undefined {
    const wanted = this.#wanted
    this.#wanted = undefined
    wanted?.end()
    return wanted?.granted
  }

  async #run(): Promise<void> {
    for (;;) {
      await this.#suspended?.promise
      if (this.#isStopped) return
      const ms = await this.#contend()
      await this.#pause(ms)
    }
  }

  // Whoever is needed here does not let others go first for long.
  async #pause(ms: number): Promise<void> {
    if (ms === 0) return
    const { clock } = this.#parts
    const least = Math.min(ms, AFTER_YOU_AT_LEAST)
    await this.#wait((signal) => pause(clock, this.#wanted === undefined ? ms : least, signal))
    if (this.#wanted !== undefined && !this.#isStopped)
      await this.#wait((signal) => pause(clock, least, signal))
  }

  /** One turn: waits for the lock, claims, holds the role until it is over. Answers how long to pause then. */
  async #contend(): Promise<number> {
    const { collection, locks, tail, clock } = this.#parts
    try {
      const lock = await this.#wait((signal) =>
        locks.request(collection, {
          signal,
          urgent: this.#wanted !== undefined,
          steal: this.#wanted?.isSilent === true,
        }),
      )
      const turn = new Turn()
      const watch = new RoleWatch(collection, {
        onClaim: (by) => {
          const isOthers = this.#unclaimed && by !== this.#parts.origin
          if (isOthers || (this.#claim !== undefined && watch.supersedes(this.#claim)))
            this.#end('superseded')
        },
        onQuestion: (question) => this.#asked(question),
      })
      this.#turn = turn
      lock.lost?.then(() => {
        if (this.#turn === turn) this.#end('lock lost')
      })
      try {
        if (this.#isStopped) turn.end('stopped')
        // From before the claim: none that comes after it is missed.
        await tail.follow(watch)
        // It is waited for even when it is not wanted any more: it must not depose the next owner.
        const claim = turn.isOver ? undefined : await this.#claimIn(turn)
        const since = clock.now()
        if (claim !== undefined && watch.supersedes(claim)) turn.end('superseded')
        if (claim !== undefined && !turn.isOver) this.#become(claim)
        return this.#pauseAfter(await turn.over, clock.now() - since)
      } finally {
        this.#turn = undefined
        tail.unfollow(watch)
        lock.release()
      }
    } catch (error) {
      if (this.#isStopped || error === AGAIN) return 0
      return this.#failed(error)
    }
  }

  /** Claims; as long as the log cannot take it, the lock alone says who may run the source. */
  async #claimIn(turn: Turn): Promise<Position | undefined> {
    const { collection, claim, clock, listener } = this.#parts
    while (!turn.isOver) {
      try {
        return await claim(collection)
      } catch (error) {
        const isFull = error instanceof StorageFullError || error instanceof StorageIoError
        if (!isFull || listener.onUnclaimed === undefined) throw error
        if (!this.#unclaimed && !turn.isOver) {
          this.#unclaimed = true
          this.#noLongerWanted()?.resolve()
          this.#call(() => listener.onUnclaimed?.(error))
        }
        await this.#wait((signal) => pause(clock, this.#setback(), signal))
      }
    }
    return undefined
  }

  #asked({ by, heard, visible }: Question): void {
    const { collection, contender, ask, isHidden } = this.#parts
    if (by === contender || heard || this.#state !== 'owner') return
    if (visible === true && isHidden?.() !== true) return
    const answer = (): void => {
      ask(collection, { by, heard: true }).catch((error: unknown) => this.#tell(error))
    }
    this.#letGo(answer)
  }

  #letGo(answer = (): void => undefined): void {
    const { listener } = this.#parts
    if (listener.onAsked === undefined) this.release()
    else this.#call(() => listener.onAsked?.(answer))
  }

  #wait<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#waiting = new AbortController()
    if (this.#isStopped) this.#waiting.abort()
    return work(this.#waiting.signal)
  }

  get #isStopped(): boolean {
    return this.#state === 'stopped'
  }

  #become(claim: Position): void {
    this.#state = 'owner'
    this.#claim = claim
    this.#told = undefined
    this.#unclaimed = false
    this.#noLongerWanted()?.resolve()
    this.#call(() => this.#parts.listener.onOwner(claim))
  }

  #end(reason: LostReason): void {
    this.#turn?.end(reason)
    if (this.#state !== 'owner' && !this.#unclaimed) return
    if (this.#unclaimed) this.#waiting.abort()
    this.#unclaimed = false
    this.#state = reason === 'stopped' ? 'stopped' : 'waiting'
    this.#claim = undefined
    this.#call(() => this.#parts.listener.onLost(reason))
  }

  #pauseAfter(reason: LostReason, heldFor: number): number {
    if (reason === 'released') return AFTER_YOU
    // Where locks do not exclude each other, two contexts would take turns at claiming: the log would grow of it.
    if (heldFor >= SETTLED) this.#setbacks = 0
    return this.#setback()
  }

  #tell(error: unknown): void {
    const code = (error as Partial<DaybookError> | null)?.code ?? String(error)
    if (code !== this.#told) this.#call(() => this.#parts.listener.onError(error))
    this.#told = code
  }

  #failed(error: unknown): number {
    this.#tell(error)
    // Nothing can be claimed in a journal that is closed, or gone.
    if (error instanceof ClosedError || error instanceof DestroyedError) this.stop()
    return this.#setback()
  }

  #setback(): number {
    return Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.#setbacks++)
  }

  // What a listener throws must not end the contest, nor be silent.
  #call(tell: () => void): void {
    try {
      tell()
    } catch (error) {
      queueMicrotask(() => this.#parts.listener.onError(error))
    }
  }
}
