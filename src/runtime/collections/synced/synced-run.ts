/**
 * One run of one synced collection: rows from disk first; then, in the context that is the collection's sync owner, its
 * source. Everybody else follows the log.
 *
 * The source is entered when the rows on disk are in memory. So no commit of it can race with hydration, and it finds
 * its resume token and its rows together, as one entry left them. Rows of another source are never shown (B8): the first
 * entry of this one drops them.
 */

import type { LoadSubsetOptions, SyncConfig } from '@tanstack/db'
import { CollectionKindError, SourceError, SourceIdentityError } from '../../../errors.js'
import type { Op } from '../../../log/op.js'
import type { Key } from '../../../values/key.js'
import { type Cancel, pause } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import { stayAlive } from '../../stay-alive.js'
import { acceptedRows, isSeed, type SyncParams, seedKeys } from '../core-state.js'
import { FollowingCollection, type ReadRows } from '../follow.js'
import { COMPLETE, CollectionMetadata, IDENTITY } from '../metadata.js'
import type { MutatedCollection } from '../mutations.js'
import { AnsweredSubsets } from '../on-demand/answered-subsets.js'
import { Demands } from '../on-demand/demands.js'
import { mirrorIndexes } from '../on-demand/indexes.js'
import { LoadedSubsets, NOT_NEWER } from '../on-demand/loaded-subsets.js'
import type { SubsetRequest } from '../on-demand/subset-request.js'
import type { Readiness } from '../readiness.js'
import { schemaOf } from '../schema/schema-version.js'
import type { SourceAdapter } from './adapters/adapter.js'
import { adapterOf } from './adapters/adapters.js'
import { type Identity, storedIdentity } from './identity.js'
import { SourceRole } from './source-role.js'
import { type SessionOptions, SourceSession } from './source-session.js'

/**
 * How long to wait before rows on disk are shown without their source, in ms: for the role of sync owner, where another
 * context's source may run; and for a source here, where fresher rows came with server rendering.
 */
const OTHERS_SYNC = 1000

/** How long a subset that is asked for afresh waits for its source, where what is on disk can be shown, in ms. */
const AFRESH = 1000

export interface SyncedOptions {
  readonly id: string
  readonly internals: Internals
  readonly readiness: Readiness
  readonly source: SyncConfig<object, Key>
  /** The source before it was bound to its collection. */
  readonly unbound: SyncConfig<object, Key>
  /** What the options have under `utils`: adapters are told by it. */
  readonly utils: unknown
  /** The identity of the source, where the app gives one. */
  readonly identity: Identity
  readonly onDemand: boolean
  /** The source sends all its rows in each session; nothing where the app has not said. */
  readonly snapshot: boolean | undefined
  /** A replica that was complete once is ready before its source is. */
  readonly readyLocally: boolean
}

export class SyncedRun {
  readonly #options: SyncedOptions
  readonly #core: SyncParams<object, Key>
  readonly #following: FollowingCollection<object, Key>
  readonly #subsets: LoadedSubsets
  /** The request for all rows, once there was one. */
  #all: SubsetRequest | undefined
  readonly #stopIndexes: () => void
  /** Nothing is to be done any more when the handle closes. */
  readonly #callOff: () => void
  readonly #metadata = new CollectionMetadata()
  /** Keys whose row came from the log, or from the source in an earlier session. */
  readonly #fromLog = new Set<Key>()
  readonly #answered: AnsweredSubsets
  readonly #demands: Demands
  readonly #role: SourceRole
  readonly #adapter: SourceAdapter
  #identity: Identity
  /** The rows on disk are of this source. */
  #isAccepted = false
  /** The rows on disk are another source's, and nothing of them is shown; settles when they are dropped. */
  #foreign: Deferred<void> | undefined
  /** The last that a session here has made the source's metadata to be: nobody else's ran since if it is that still. */
  #lastTokens: string | undefined
  #cancelWait: Cancel | undefined
  #sourceFailed = false
  #stopped = false
  /** The collection is ready, or will not be: nobody waits for another context any more. */
  #isSettled = false
  /** Settles when the source runs here, or nobody waits: until then another context is waited for. */
  #othersAwaited: Deferred<void> | undefined

  constructor(options: SyncedOptions, core: SyncParams<object, Key>) {
    this.#options = options
    this.#core = core
    const { id, internals, onDemand } = options
    this.#adapter = adapterOf({
      ...options,
      nameOf: (name) => this.#metadata.get(name),
      hasRowsFromLog: () => this.#fromLog.size > 0 || this.#following.held.size > 0,
    })
    this.#subsets = new LoadedSubsets({
      id,
      internals,
      core,
      following: () => this.#following,
      newer: () => this.#role.session?.newerRows ?? NOT_NEWER,
    })
    this.#following = new FollowingCollection(
      id,
      internals,
      core,
      {
        accepts: (rows) => this.#accepts(rows),
        onReady: () => this.#hydrated(),
        onReloaded: () => {
          if (this.#isComplete && !this.hasSource) this.#showRows(true)
        },
        onError: (error) => this.#fail(error),
        onState: (name, value) => this.#setState(name, value),
        onRow: (key, isNew) => {
          this.#fromLog.add(key)
          if (isNew) this.#adapter.arrived?.(key)
        },
        onCleared: (reset) => this.#cleared(reset),
        leftOf: (entry) => this.#role.session?.leftOf(entry),
        onBaseChanged: () => {
          for (const op of this.#role.session?.unkept() ?? []) this.#following.writer.op(op)
        },
      },
      { onDemand: onDemand ? this.#subsets : undefined, seeds: onDemand ? 'stay' : 'first' },
    )
    this.#answered = new AnsweredSubsets({
      metadata: this.#metadata,
      clock: internals.clock,
      write: (marks) => this.#role.session?.note(marks),
    })
    this.#demands = new Demands({
      id,
      internals,
      answered: this.#answered,
      takeOver: () => this.#role.takeOver(),
      want: async (request) => {
        const wanted = this.#subsets.want(request)
        await this.#subsets.load(wanted, false)
        return wanted
      },
      unwant: (request) => this.#subsets.unload(request),
      onError: (error) => this.#sourceError(error),
    })
    this.#role = new SourceRole({
      id,
      internals,
      makeSession: (role) => this.#session(role),
      onEntered: (session) => {
        this.#waitNoLonger()
        if (onDemand) this.#demands.enter(session)
      },
      onLeft: () => {
        this.#lastTokens = this.#tokens
        this.#waitForOthers()
        this.#demands.leave()
      },
      // What the log will not take is not in memory either: the next owner's source says what is so.
      onGivenUp: () => this.#following.reload('given up'),
      onError: (error) => this.#startFailed(error),
    })
    this.#callOff = internals.pending.beforeClosing(() => this.#answered.flush())
    this.#waitForOthers()
    this.#stopIndexes = onDemand ? mirrorIndexes(id, internals, core.collection) : () => undefined
  }

  /** The source runs here. */
  get hasSource(): boolean {
    return this.#role.session !== undefined
  }

  /** Does work that needs the source to run in this context; the role of sync owner is taken over for it. */
  whereSourceRuns<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#role.run(work)
  }

  /**
   * Rows from disk, then from the source; when the source has answered the same before, it is not waited for. `true`: there
   * is nothing to load.
   */
  loadSubset(options: LoadSubsetOptions): true | Promise<void> {
    const request = this.#subsets.want(options)
    this.#demands.want(request)
    const isShown =
      this.#foreign === undefined &&
      options.refetch !== true &&
      this.#isAnswered(request) &&
      this.#subsets.has(request)
    if (!isShown) return this.hasSource ? this.#load(request) : stayAlive(this.#load(request))
    this.#inBackground(request)
    return true
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#subsets.unload(request)
    this.#demands.unload(request)
  }

  /** Ends the run. */
  stop(): void | Promise<void> {
    this.#stopped = true
    this.#settled()
    this.#following.stop()
    this.#subsets.stop()
    this.#callOff()
    this.#stopIndexes()
    this.#cancelWait?.()
    this.#demands.stop()
    this.#foreign?.resolve()
    return this.#role.stop()
  }

  async #load(request: SubsetRequest): Promise<void> {
    // Then it is known whose the rows are.
    await this.#following.loaded
    await this.#foreign?.promise
    await this.#subsets.load(request)
    const { signal, refetch } = request.options
    if (this.#stopped || signal?.aborted === true) return
    // A live query asks for its page again because it may lack something: what the source says soon counts. What it knows
    // already is shown; one whose page fails would show nothing new for ever.
    const isRepair = refetch === true && this.#options.readyLocally
    if (!isRepair && !this.#isAnswered(request)) {
      await this.#demands.load(request)
      return
    }
    const answer = this.#inBackground(request)
    if (!isRepair) return
    await stayAlive(Promise.race([answer, pause(this.#options.internals.clock, AFRESH, signal ?? NEVER)]))
  }

  /** What is on disk of it can be shown without the source. */
  #isAnswered(request: SubsetRequest): boolean {
    return this.#options.readyLocally && this.#demands.isAnswered(request)
  }

  #inBackground(request: SubsetRequest): Promise<void> {
    return this.#demands.load(request).catch((cause: unknown) => {
      if (!this.#stopped && request.options.signal?.aborted !== true) this.#sourceError(cause)
    })
  }

  get #isComplete(): boolean {
    return this.#foreign === undefined && this.#metadata.get(COMPLETE) === true
  }

  /** Whether the rows on disk are this source's. */
  async #accepts({ names, hasOnlyRows }: ReadRows): Promise<boolean> {
    const { id } = this.#options
    const stored = storedIdentity(names)
    if (stored === 'unknown' && (await hasOnlyRows())) throw new CollectionKindError(id, 'synced')
    const { identity, isSame } = await this.#adapter.identify(stored === 'unknown' ? undefined : stored)
    const wasAccepted = this.#isAccepted
    this.#identity = identity
    this.#isAccepted = stored === 'unknown' || isSame
    if (this.#isAccepted) return true
    // The rows were replaced while nobody looked.
    if (wasAccepted) throw new SourceIdentityError(id, identity ?? 'none', String(stored))
    this.#foreign ??= deferred()
    return false
  }

  #hydrated(): void {
    const { internals, onDemand, readyLocally } = this.#options
    // Rows on disk that wait behind fresher ones are not shown yet: they may be gone upstream.
    const isPartial = this.#following.held.size > 0
    if (this.#isComplete && !isPartial) this.#showRows(readyLocally)
    this.#cancelWait = internals.clock.after(OTHERS_SYNC, () => {
      // Another context's source may be the one that the rows on disk come from.
      const isOthers = this.#role.session === undefined
      this.#following.releaseAll({ over: isOthers })
      const isSilent = isOthers || (isPartial && !this.#sourceFailed)
      if (!this.#isComplete || !isSilent) return
      if (isOthers) this.#dropOthersSeeds()
      this.#showRows(isOthers || readyLocally)
    })
    const needsAll = onDemand && this.#adapter.needsAllRows?.() === true
    const begin = (): void => {
      if (this.#stopped) return
      this.#role.contend()
      if (onDemand) this.#demands.contend()
      if (this.#foreign !== undefined) this.#takeOver()
    }
    if (needsAll)
      this.#hydrateAll()
        .then(begin)
        .catch((error: unknown) => this.#fail(error))
    else begin()
  }

  /** The context whose source the rows on disk are of is to give it up. */
  #takeOver(): void {
    this.#role.takeOver().catch((error: unknown) => this.#sourceError(error))
  }

  // All rows, from now on.
  async #hydrateAll(): Promise<void> {
    if (!this.#options.onDemand) return
    this.#all ??= this.#subsets.want({})
    await this.#subsets.load(this.#all)
  }

  // The rows on disk are the whole collection as of the last sync.
  #showRows(ready: boolean): void {
    this.#options.readiness.show({ status: 'ready' })
    if (!ready) return
    this.#settled()
    this.#core.markReady()
  }

  // An app that awaits its rows has nothing else pending where another process runs the source; the source's own work keeps
  // this one alive when it runs here.
  #waitForOthers(): void {
    if (this.#isSettled || this.#othersAwaited !== undefined) return
    this.#othersAwaited = deferred()
    void stayAlive(this.#othersAwaited.promise)
  }

  #waitNoLonger(): void {
    this.#othersAwaited?.resolve()
    this.#othersAwaited = undefined
  }

  #settled(): void {
    this.#isSettled = true
    this.#waitNoLonger()
  }

  #failCollection(error: unknown): void {
    this.#settled()
    this.#core.markError(error)
  }

  #session(role: Pick<SessionOptions, 'claim' | 'onRefused'>): SourceSession {
    const { id, source, onDemand, internals, snapshot } = this.#options
    const { collection } = this.#core
    const schema = schemaOf(collection as unknown as MutatedCollection)
    // What the source said in an earlier session this one has not said.
    for (const [key] of acceptedRows(collection)) if (!isSeed(collection, key)) this.#fromLog.add(key)
    const session = new SourceSession({
      ...role,
      id,
      internals,
      core: this.#core,
      source,
      adapter: this.#adapter,
      schema,
      onDemand,
      snapshot,
      metadata: this.#metadata,
      answered: this.#answered,
      fromLog: this.#fromLog,
      held: () => this.#following.held,
      release: (isChanged) => this.#following.release(isChanged, { over: true }),
      releaseAll: (options) => this.#following.releaseAll(options),
      isServing: () => this.#demands.isServing,
      isViewNew: this.#lastTokens !== this.#tokens,
      hydrate: () => this.#hydrateAll(),
      onTouched: (key) => this.#subsets.touched(key),
      hidden: () => this.#subsets.hidden,
      onIdentified: (identity) => {
        this.#identity = identity
      },
      onReady: () => this.#sourceReady(),
      onError: (error) => this.#sourceError(error),
      onBeginAgain: () => this.#role.restart(),
    })
    this.#begin(session, schema.schemaVersion)
    return session
  }

  /** Says whose rows these are from now on; those of another source go in the same entry. */
  #begin(session: SourceSession, schemaVersion: number): void {
    const { id: collection } = this.#options
    const identity = this.#identity ?? null
    if (this.#foreign === undefined) {
      if (!this.#metadata.has(IDENTITY)) session.firstSays(IDENTITY, identity)
      else if (this.#adapter.leavesOldRows?.() === true) session.dropOldRows()
      return
    }
    const reset: Op[] = [{ op: 'reset', collection }]
    if (schemaVersion > 1) reset.push({ op: 'schema', collection, from: 1, to: schemaVersion })
    session.note([[IDENTITY, identity]], reset)
    this.#noLongerForeign()
  }

  #noLongerForeign(): void {
    this.#foreign?.resolve()
    this.#foreign = undefined
  }

  /** What the source keeps of itself, to see whether it has changed. */
  get #tokens(): string {
    return JSON.stringify(this.#metadata.list().map(({ key, value }) => [key, String(JSON.stringify(value))]))
  }

  #sourceReady(): void {
    if (this.#stopped) return
    if (this.#sourceFailed) {
      this.#sourceFailed = false
      const { id, internals } = this.#options
      internals.events.emit('source', { collection: id, status: 'recovered' })
    }
    this.#showRows(true)
  }

  #startFailed(error: unknown): void {
    // Whoever asked for a subset hears the error itself, before that its collection is in error.
    this.#demands.fail(error)
    this.#options.internals.clock.after(0, () => this.#sourceError(error))
  }

  // A replica that was complete once stays usable; without one there is nothing to show.
  #sourceError(cause: unknown): void {
    if (this.#stopped) return
    const { id, internals, readiness, readyLocally } = this.#options
    this.#sourceFailed = true
    // Whoever waits for rows on disk (suspense) waits in vain.
    if (!this.#isComplete) readiness.show({ status: 'error', error: cause })
    if (!(this.#isComplete && readyLocally)) {
      this.#failCollection(cause)
      return
    }
    const error = new SourceError(id, { cause })
    internals.events.emit('source', { collection: id, status: 'failing', error })
  }

  // The rows cannot be read, or belong to another version of the app.
  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#demands.fail(error)
    this.#demands.stop()
    this.#foreign?.resolve()
    this.#role.abandon()
    this.#failCollection(error)
    this.#options.readiness.show({ status: 'error', error })
  }

  #setState(name: string, value: unknown): void {
    this.#metadata.set(name, value)
    if (name === IDENTITY) this.#hearIdentity(value)
    // A follower sees the owner become complete.
    if (name !== COMPLETE || value !== true || this.#following.isLoading) return
    this.#showRows(true)
    // Behind the entry: its rows count.
    this.#options.internals.clock.after(0, () => this.#dropOthersSeeds())
  }

  /** The rows of another context's source are all that there are: rows of server rendering that are not among them go. */
  #dropOthersSeeds(): void {
    if (this.#stopped || this.hasSource || this.#options.onDemand || !this.#isComplete) return
    const { writer } = this.#following
    if (seedKeys(this.#core.collection).length > 0) writer.transaction(() => writer.dropSeeds([]))
  }

  /** Another context has begun the collection, with the same source or another one. */
  #hearIdentity(value: unknown): void {
    const newest = typeof value === 'string' ? value : undefined
    if (value === undefined || newest === this.#identity) {
      this.#noLongerForeign()
      return
    }
    this.#adapter
      .identify(newest)
      .then(({ identity, isSame }) => {
        if (!isSame)
          throw new SourceIdentityError(this.#options.id, this.#identity ?? 'none', newest ?? 'none')
        this.#identity = identity
        this.#noLongerForeign()
      })
      .catch((error: unknown) => {
        this.#following.stop()
        this.#fail(error)
      })
  }

  #cleared(reset: boolean): void {
    this.#fromLog.clear()
    if (!reset) return
    this.#metadata.clear()
    // Its resume token is gone with the rows: it begins anew.
    this.#role.restart()
  }
}

const NEVER = new AbortController().signal
