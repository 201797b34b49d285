/**
 * One run of one synced collection: rows from disk first; then, in the context that is the collection's sync owner, its
 * source. Everybody else follows the log.
 *
 * The source is entered when the rows on disk are in memory. So no commit of it can race with hydration, and it finds
 * its resume token and its rows together, as one entry left them.
 */

import type { LoadSubsetOptions, SyncConfig } from '@tanstack/db'
import { type Position, SourceError } from '../../errors.js'
import type { Key } from '../../values/key.js'
import type { Cancel } from '../clock.js'
import { deferred } from '../deferred.js'
import type { Persistence } from '../persistence.js'
import { OwnersWork } from '../roles/owners-work.js'
import type { SyncOwner } from '../roles/sync-owner.js'
import type { SyncParams } from './core-writer.js'
import { Demands } from './demands.js'
import { FollowingCollection } from './follow.js'
import { mirrorIndexes } from './indexes.js'
import { answeredName, COMPLETE, CollectionMetadata } from './metadata.js'
import type { MutatedCollection } from './mutations.js'
import type { Readiness } from './readiness.js'
import { schemaOf } from './schema-version.js'
import { type SessionOptions, SourceSession } from './source-session.js'
import { Subsets } from './subsets.js'

/** Where Electric keeps its resume token. */
const ELECTRIC_TOKEN = 'electric:resume'

/** How long to wait for the role of sync owner before the rows of another context's source are shown, in ms. */
const OTHERS_SYNC = 1000

export interface SyncedOptions {
  readonly id: string
  readonly persistence: Persistence
  readonly readiness: Readiness
  readonly source: SyncConfig<object, Key>
  readonly onDemand: boolean
  /** A replica that was complete once is ready before its source is. */
  readonly readyLocally: boolean
}

export class SyncedRun {
  readonly #options: SyncedOptions
  readonly #core: SyncParams<object, Key>
  readonly #following: FollowingCollection<object, Key>
  readonly #subsets: Subsets
  readonly #stopIndexes: () => void
  readonly #metadata = new CollectionMetadata()
  /** Keys whose row came from the log and not from the source. */
  readonly #fromLog = new Set<Key>()
  #owner: SyncOwner | undefined
  #session: SourceSession | undefined
  readonly #demands: Demands
  readonly #work: OwnersWork
  #cancelWait: Cancel | undefined
  #sourceFailed = false
  /** Counts the times that the role came and went. */
  #turns = 0
  /** Settles when this context contends for the role of sync owner. */
  readonly #begun = deferred<void>()
  /** Settles when a session begins, or the run ends. */
  #entered = deferred<void>()
  #stopped = false
  /** Stopped or failed. */
  #isOver = false

  constructor(options: SyncedOptions, core: SyncParams<object, Key>) {
    this.#options = options
    this.#core = core
    const { id, persistence, readiness, onDemand } = options
    readiness.begin()
    this.#following = new FollowingCollection(
      id,
      persistence,
      core,
      {
        onReady: () => this.#hydrated(),
        onError: (error) => this.#fail(error),
        onState: (name, value) => this.#setState(name, value),
        onRow: (key) => this.#fromLog.add(key),
        onTouched: (key) => this.#subsets.touched(key),
        onCleared: (reset) => this.#cleared(reset),
        isApplied: (entry) => this.#session?.recognises(entry) === true,
        onBaseChanged: () => {
          for (const op of this.#session?.unkept() ?? []) this.#following.writer.op(op)
        },
      },
      { onDemand },
    )
    this.#subsets = new Subsets({
      id,
      persistence,
      core,
      following: () => this.#following,
      isUnkept: (key) => this.#session?.isUnkept(key) === true,
    })
    this.#demands = new Demands({
      id,
      persistence,
      metadata: this.#metadata,
      takeOver: () => this.#takeOver(),
      onError: (error) => this.#sourceError(error),
    })
    this.#work = new OwnersWork({
      clock: persistence.clock,
      // A run that is over has no source to wait for.
      isReady: () => this.#isOver || this.#session !== undefined,
      become: () => this.#takeOver(),
      release: () => this.#owner?.release(),
    })
    this.#stopIndexes = onDemand ? mirrorIndexes(id, persistence, core.collection) : () => undefined
  }

  /** Does work that needs the source to run in this context; the role of sync owner is taken over for it. */
  whereSourceRuns<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#work.run(work)
  }

  /** Rows from disk, then from the source; when the source has answered the same before, it is not waited for. */
  async loadSubset(request: LoadSubsetOptions): Promise<void> {
    const subset = await this.#subsets.load(request)
    const name = answeredName(subset)
    const answered = name !== undefined && this.#metadata.get(name) === true
    const upstream = this.#demands.load(request, subset)
    if (!answered || !this.#options.readyLocally) return upstream
    upstream.catch((cause: unknown) => {
      if (!this.#stopped && request.signal?.aborted !== true) this.#sourceError(cause)
    })
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#demands.unload(request)
  }

  /** Ends the run. */
  stop(): void | Promise<void> {
    this.#stopped = true
    this.#following.stop()
    this.#stopIndexes()
    this.#cancelWait?.()
    this.#end()
    const session = this.#session
    const left = this.#leaveSource()
    // What was committed is kept before the next owner's claim would refuse it.
    void session?.settled().then(() => this.#owner?.stop())
    if (session === undefined) this.#owner?.stop()
    return left
  }

  // Nobody waits for the source any more.
  #end(): void {
    this.#isOver = true
    this.#demands.stop()
    this.#work.lost()
    this.#begun.resolve()
    this.#entered.resolve()
  }

  get #isComplete(): boolean {
    return this.#metadata.get(COMPLETE) === true
  }

  #hydrated(): void {
    const { id, persistence, onDemand } = this.#options
    if (this.#isComplete) this.#showRows(this.#options.readyLocally)
    // Another context's source may be the one that these rows come from.
    this.#cancelWait = persistence.clock.after(OTHERS_SYNC, () => {
      if (this.#isComplete && this.#session === undefined) this.#showRows(true)
    })
    // Electric drops updates of rows that it does not find in memory, and then moves its token on.
    const needsAll = onDemand && this.#metadata.get(ELECTRIC_TOKEN) !== undefined
    const begin = (): void => {
      if (this.#stopped) return
      this.#owner = persistence.syncOwner(id, {
        onOwner: (claim) => this.#ownerSince(claim),
        onUnclaimed: (error) => this.#ownerWithoutClaim(error),
        onAsked: (answer) => this.#work.asked(answer),
        onLost: () => this.#notOwner(),
        onError: (error) => this.#sourceError(error),
      })
      if (onDemand) this.#demands.contend()
      this.#begun.resolve()
    }
    if (needsAll)
      this.#subsets
        .load({})
        .then(begin)
        .catch((error: unknown) => this.#fail(error))
    else begin()
  }

  // The rows on disk are the whole collection as of the last sync.
  #showRows(ready: boolean): void {
    this.#options.readiness.show({ status: 'ready' })
    if (ready) this.#core.markReady()
  }

  async #takeOver(): Promise<void> {
    await this.#begun.promise
    await this.#owner?.want()
    await this.#entered.promise
  }

  #ownerSince(claim: Position): void {
    if (this.#session !== undefined) this.#session.claimed(claim)
    else this.#enterAfter(claim.seq, claim)
  }

  // The log cannot take the claim, nor anything else: the collection is live in memory until it can.
  #ownerWithoutClaim(unclaimed: unknown): void {
    const { persistence } = this.#options
    persistence.journal.head().then(
      ({ seq }) => this.#enterAfter(seq, { unclaimed }),
      (error: unknown) => this.#sourceError(error),
    )
  }

  // Everything that the owner before has appended is in memory then.
  #enterAfter(seq: number, claim: SessionOptions['claim']): void {
    const { id, persistence } = this.#options
    const turn = ++this.#turns
    persistence.tail
      .until(seq, [id])
      .then(() => {
        if (!this.#stopped && this.#turns === turn) this.#enterSource(claim)
      })
      .catch((error: unknown) => persistence.report(error))
  }

  #notOwner(): void {
    this.#turns++
    this.#work.lost()
    if (this.#stopped || this.#session === undefined) return
    // What the log will not take is not in memory either: the next owner's source says what is so.
    const unkept = this.#session.unkept().length > 0
    this.#leaveQuietly()
    if (unkept) this.#following.reload()
  }

  #enterSource(claim: SessionOptions['claim']): void {
    const { id, source, onDemand, persistence } = this.#options
    const session = new SourceSession({
      id,
      persistence,
      core: this.#core,
      source,
      schema: schemaOf(this.#core.collection as unknown as MutatedCollection),
      claim,
      onDemand,
      metadata: this.#metadata,
      fromLog: this.#fromLog,
      hydrate: async () => {
        if (onDemand) await this.#subsets.load({})
      },
      onTouched: (key) => this.#subsets.touched(key),
      onReady: () => this.#sourceReady(),
      onError: (error) => this.#sourceError(error),
      onRefused: () => {
        session.depose(this.#owner)
        this.#notOwner()
      },
    })
    this.#session = session
    try {
      session.enter()
      if (onDemand) this.#demands.enter(session)
    } catch (error) {
      this.#sourceError(error)
    }
    this.#entered.resolve()
  }

  #leaveSource(): void | Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (session === undefined) return
    if (!this.#stopped) {
      this.#entered = deferred()
      this.#demands.leave()
    }
    return session.leave()
  }

  // Core waits for a source only when the whole collection is cleaned up.
  #leaveQuietly(): void {
    const { persistence } = this.#options
    try {
      Promise.resolve(this.#leaveSource()).catch((error: unknown) => persistence.report(error))
    } catch (error) {
      persistence.report(error)
    }
  }

  #sourceReady(): void {
    if (this.#stopped) return
    if (this.#sourceFailed) {
      this.#sourceFailed = false
      const { id, persistence } = this.#options
      persistence.emit('source', { collection: id, status: 'recovered' })
    }
    if (!this.#isComplete) this.#session?.note(COMPLETE, true)
    this.#showRows(true)
  }

  // A replica that was complete once stays usable; without one there is nothing to show.
  #sourceError(cause: unknown): void {
    if (this.#stopped) return
    const { id, persistence, readiness, readyLocally } = this.#options
    this.#sourceFailed = true
    // Whoever waits for rows on disk (suspense) waits in vain.
    if (!this.#isComplete) readiness.show({ status: 'error', error: cause })
    if (!(this.#isComplete && readyLocally)) {
      this.#core.markError(cause)
      return
    }
    const error = new SourceError(id, { cause })
    persistence.emit('source', { collection: id, status: 'failing', error })
  }

  // The rows cannot be read, or belong to another version of the app.
  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#leaveQuietly()
    this.#end()
    this.#owner?.stop()
    this.#core.markError(error)
    this.#options.readiness.show({ status: 'error', error })
  }

  #setState(name: string, value: unknown): void {
    this.#metadata.set(name, value)
    this.#demands.state(name, value)
    // A follower sees the owner become complete.
    if (name === COMPLETE && value === true && !this.#following.isLoading) this.#showRows(true)
  }

  #cleared(reset: boolean): void {
    this.#fromLog.clear()
    this.#subsets.touched()
    if (!reset) return
    this.#metadata.clear()
    const session = this.#session
    const claim = this.#owner?.claim
    if (session === undefined || claim === undefined) return
    // Its resume token is gone with the rows: it begins anew, when the entry is applied.
    queueMicrotask(() => {
      if (this.#stopped || this.#session !== session) return
      this.#leaveQuietly()
      this.#enterSource(claim)
    })
  }
}
