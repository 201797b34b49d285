/**
 * The role of sync owner: of all contexts that have the daybook open, one runs the upstream sync of a collection.
 *
 * A lock chooses it; the owner's claim in the log makes it binding. So there are two ways to lose the role: the lock goes,
 * or somebody else claims, which the tail tells. Only the second one decides: whoever still believes to be owner appends
 * under an older claim, and the log refuses it (DeposedError). The role is kept here, and nothing else: what the owner
 * does with it is the listener's affair.
 */

import { ClosedError, type DaybookError, type Position } from '../../errors.js'
import { type Clock, pause } from '../clock.js'
import type { Tail } from '../tail.js'
import type { Locks } from './locks.js'
import { NewestClaim } from './newest-claim.js'

/** How long others have the chance to take a lock that was released for them, in ms. They look within this time. */
const AFTER_YOU = 1000

/** The first pause after a setback, in ms; each one in a row doubles it. */
const SHORTEST_PAUSE = 1000
const LONGEST_PAUSE = 30_000

/** Who has been owner for as long, in ms, has had no setback in a row. */
const SETTLED = 30_000

/**
 * `waiting`: somebody else is the owner, or nobody yet. `owner`: this context holds the lock and appended the newest claim
 * it knows of. `stopped`: it never will be again.
 */
export type SyncOwnerState = 'waiting' | 'owner' | 'stopped'

/**
 * Why the role is gone. `superseded`: another context has claimed the collection. `lock lost`: the lock was taken away.
 * `released`: release() was called. `stopped`: stop() was called, or the daybook closed.
 */
export type LostReason = 'superseded' | 'lock lost' | 'released' | 'stopped'

/** Told of the role, in turn: each `onOwner` is followed by one `onLost`. */
export interface SyncOwnerListener {
  /** This context is the owner. Give `['claim', collection, claim.seq]` as `requires` to each upstream transaction. */
  onOwner(claim: Position): void
  /** It is no longer. Appends under the claim are refused from now on, or very soon. */
  onLost(reason: LostReason): void
  /**
   * The role could not be taken, or a listener threw; daybook tries again. Of the same error in a row only the first is
   * told.
   */
  onError(error: unknown): void
}

export interface SyncOwnerParts {
  readonly collection: string
  readonly locks: Locks
  readonly tail: Pick<Tail, 'follow' | 'unfollow'>
  readonly clock: Clock
  /** Appends a claim of the collection. */
  readonly claim: (collection: string) => Promise<Position>
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
  #setbacks = 0
  /** The code of the error that was told last. */
  #told: string | undefined

  /** Contends from now on, until stop(). */
  constructor(parts: SyncOwnerParts) {
    this.#parts = parts
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
    }
    return this.stopped
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const ms = await this.#contend()
      await this.#wait((signal) => pause(this.#parts.clock, ms, signal))
    }
  }

  /** One turn: waits for the lock, claims, holds the role until it is over. Answers how long to pause then. */
  async #contend(): Promise<number> {
    const { collection, locks, tail, clock } = this.#parts
    try {
      const lock = await this.#wait((signal) => locks.request(collection, { signal }))
      const turn = new Turn()
      const claims = new NewestClaim(collection, () => {
        if (this.#claim !== undefined && claims.supersedes(this.#claim)) this.#end('superseded')
      })
      this.#turn = turn
      lock.lost?.then(() => {
        if (this.#turn === turn) this.#end('lock lost')
      })
      try {
        if (this.#isStopped) turn.end('stopped')
        // From before the claim: none that comes after it is missed.
        await tail.follow(claims)
        // It is waited for even when it is not wanted any more: it must not depose the next owner.
        const claim = turn.isOver ? undefined : await this.#parts.claim(collection)
        const since = clock.now()
        if (claim !== undefined && claims.supersedes(claim)) turn.end('superseded')
        if (claim !== undefined && !turn.isOver) this.#become(claim)
        return this.#pauseAfter(await turn.over, clock.now() - since)
      } finally {
        this.#turn = undefined
        tail.unfollow(claims)
        lock.release()
      }
    } catch (error) {
      if (this.#isStopped) return 0
      return this.#failed(error)
    }
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
    this.#call(() => this.#parts.listener.onOwner(claim))
  }

  #end(reason: LostReason): void {
    this.#turn?.end(reason)
    if (this.#state !== 'owner') return
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

  #failed(error: unknown): number {
    const code = (error as Partial<DaybookError> | null)?.code ?? String(error)
    if (code !== this.#told) this.#call(() => this.#parts.listener.onError(error))
    this.#told = code
    // Nothing can be claimed in a journal that is closed.
    if (error instanceof ClosedError) this.stop()
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

/** The time from the lock to its release; ends once. */
class Turn {
  readonly over: Promise<LostReason>
  isOver = false
  #resolve: (reason: LostReason) => void = () => undefined

  constructor() {
    this.over = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  end(reason: LostReason): void {
    this.isOver = true
    this.#resolve(reason)
  }
}
