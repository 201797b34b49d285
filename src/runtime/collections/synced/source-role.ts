/**
 * When the source of a synced collection runs in this context: from the role of sync owner to the session, and back.
 *
 * A session begins when the role is won and everything that the owner before has appended is in memory, and ends when the
 * role is lost or the run is over.
 */

import type { Position } from '../../../errors.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import { OwnersWork } from '../../sync-owner/owners-work.js'
import type { SyncOwner } from '../../sync-owner/sync-owner.js'
import { SyncOwners } from '../../sync-owner/sync-owners.js'
import type { SessionOptions, SourceSession } from './source-session.js'

export interface SourceRoleOptions {
  readonly id: string
  readonly internals: Internals
  readonly makeSession: (role: Pick<SessionOptions, 'claim' | 'onRefused'>) => SourceSession
  readonly onEntered: (session: SourceSession) => void
  readonly onLeft: () => void
  /** The session ended because the role is gone, and the log will not take what is only in memory. */
  readonly onGivenUp: () => void
  readonly onError: (error: unknown) => void
}

export class SourceRole {
  readonly #options: SourceRoleOptions
  readonly #work: OwnersWork
  #owner: SyncOwner | undefined
  #session: SourceSession | undefined
  /** What the session runs under. */
  #claim: SessionOptions['claim'] | undefined
  /** Counts the times that the role came and went. */
  #turns = 0
  /** Settles when this context contends for the role. */
  readonly #begun = deferred<void>()
  /** Settles when a session begins, when the role is gone before one has begun, or when the run ends. */
  #entered: Deferred<void> = deferred()
  #isOver = false

  constructor(options: SourceRoleOptions) {
    this.#options = options
    this.#work = new OwnersWork({
      clock: options.internals.clock,
      // A run that is over has no source to wait for.
      isReady: () => this.#isOver || this.#session !== undefined,
      become: () => this.takeOver(),
      release: () => this.#owner?.release(),
    })
  }

  /** The session with the source, while it runs here. */
  get session(): SourceSession | undefined {
    return this.#session
  }

  /** Contends for the role from now on. */
  contend(): void {
    if (this.#isOver) return
    const { id, internals, onError } = this.#options
    this.#owner = internals.owners
      .get((parts) => new SyncOwners(parts))
      .contend(id, {
        onOwner: (claim) => this.#won(claim),
        onUnclaimed: (error) => this.#wonWithoutClaim(error),
        onAsked: (answer) => this.#work.asked(answer),
        onLost: () => this.#lost(),
        onError,
      })
    this.#begun.resolve()
  }

  /** Does work where the source runs; the role is taken over for it. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#work.run(work)
  }

  /** Resolves when the source runs here, or the run is over. */
  async takeOver(): Promise<void> {
    await this.#begun.promise
    while (!this.#isOver && this.#session === undefined) {
      await this.#owner?.want()
      await this.#entered.promise
    }
  }

  /** Ends the session and begins another one under the same claim. */
  restart(): void {
    const session = this.#session
    if (session === undefined) return
    // When the entry is applied that made it necessary.
    queueMicrotask(() => {
      if (this.#isOver || this.#session !== session) return
      this.#leaveQuietly()
      this.#enter(this.#claim as SessionOptions['claim'])
    })
  }

  /** The run is over. What was committed is kept before the next owner's claim would refuse it. */
  stop(): void | Promise<void> {
    const session = this.#session
    const owner = this.#owner
    this.#end()
    const left = this.#leave()
    if (session === undefined) void owner?.stop()
    else void session.settled().then(() => owner?.stop())
    return left
  }

  /** The run has failed: nothing more is kept. */
  abandon(): void {
    this.#end()
    this.#leaveQuietly()
    void this.#owner?.stop()
  }

  #end(): void {
    this.#isOver = true
    this.#work.lost()
    this.#begun.resolve()
    this.#entered.resolve()
  }

  #won(claim: Position): void {
    if (this.#session !== undefined) {
      this.#claim = claim
      this.#session.claimed(claim)
    } else this.#enterAfter(claim.seq, claim)
  }

  // The log cannot take the claim, nor anything else: the collection is live in memory until it can.
  #wonWithoutClaim(unclaimed: unknown): void {
    const { internals, onError } = this.#options
    internals.journal.head().then(({ seq }) => this.#enterAfter(seq, { unclaimed }), onError)
  }

  // Everything that the owner before has appended is in memory then.
  #enterAfter(seq: number, claim: SessionOptions['claim']): void {
    const { id, internals } = this.#options
    const turn = ++this.#turns
    internals.tail
      .until(seq, [id])
      .then(() => {
        if (!this.#isOver && this.#turns === turn) this.#enter(claim)
      })
      .catch((error: unknown) => internals.events.report(error))
  }

  #lost(): void {
    this.#turns++
    this.#work.lost()
    if (this.#isOver) return
    if (this.#session === undefined) {
      this.#entered.resolve()
      this.#entered = deferred()
      return
    }
    const isKept = this.#session.unkept()?.length === 0
    this.#leaveQuietly()
    if (!isKept) this.#options.onGivenUp()
  }

  #enter(claim: SessionOptions['claim']): void {
    const { makeSession, onEntered, onError } = this.#options
    const session = makeSession({
      claim,
      onRefused: () => {
        session.depose(this.#owner)
        this.#lost()
      },
    })
    this.#session = session
    this.#claim = claim
    try {
      session.enter()
      onEntered(session)
    } catch (error) {
      onError(error)
    }
    this.#entered.resolve()
  }

  #leave(): void | Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (session === undefined) return
    if (!this.#isOver) {
      this.#entered = deferred()
      this.#options.onLeft()
    }
    return session.leave()
  }

  // Core waits for a source only when the whole collection is cleaned up.
  #leaveQuietly(): void {
    const { internals } = this.#options
    try {
      Promise.resolve(this.#leave()).catch((error: unknown) => internals.events.report(error))
    } catch (error) {
      internals.events.report(error)
    }
  }
}
