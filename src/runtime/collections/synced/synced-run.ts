/**
 * One run of one synced collection: rows from disk first; then, in the context that is the collection's sync owner, its
 * source. Everybody else follows the log.
 *
 * The source is entered when the rows on disk are in memory. So no commit of it can race with hydration, and it finds
 * its resume token and its rows together, as one entry left them.
 */

import type { LoadSubsetOptions, SyncConfig } from '@tanstack/db'
import { SourceError } from '../../../errors.js'
import type { Key } from '../../../values/key.js'
import type { Cancel } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import type { SyncParams } from '../core-state.js'
import { FollowingCollection } from '../follow.js'
import { answeredName, COMPLETE, CollectionMetadata } from '../metadata.js'
import type { MutatedCollection } from '../mutations.js'
import { Demands } from '../on-demand/demands.js'
import { mirrorIndexes } from '../on-demand/indexes.js'
import { LoadedSubsets } from '../on-demand/loaded-subsets.js'
import type { SubsetRequest } from '../on-demand/subset-request.js'
import type { Readiness } from '../readiness.js'
import { schemaOf } from '../schema/schema-version.js'
import { SourceRole } from './source-role.js'
import { type SessionOptions, SourceSession } from './source-session.js'

/** Where Electric keeps its resume token. */
const ELECTRIC_TOKEN = 'electric:resume'

/** How long to wait for the role of sync owner before the rows of another context's source are shown, in ms. */
const OTHERS_SYNC = 1000

const NONE: ReadonlySet<Key> = new Set()

export interface SyncedOptions {
  readonly id: string
  readonly internals: Internals
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
  readonly #subsets: LoadedSubsets
  /** The request for all rows, once there was one. */
  #all: SubsetRequest | undefined
  readonly #stopIndexes: () => void
  readonly #metadata = new CollectionMetadata()
  /** Keys whose row came from the log and not from the source. */
  readonly #fromLog = new Set<Key>()
  readonly #demands: Demands
  readonly #role: SourceRole
  #cancelWait: Cancel | undefined
  #sourceFailed = false
  #stopped = false

  constructor(options: SyncedOptions, core: SyncParams<object, Key>) {
    this.#options = options
    this.#core = core
    const { id, internals, onDemand } = options
    this.#subsets = new LoadedSubsets({
      id,
      internals,
      core,
      following: () => this.#following,
      unkept: () => this.#role.session?.unkeptKeys() ?? NONE,
    })
    this.#following = new FollowingCollection(
      id,
      internals,
      core,
      {
        onReady: () => this.#hydrated(),
        onError: (error) => this.#fail(error),
        onState: (name, value) => this.#setState(name, value),
        onRow: (key) => this.#fromLog.add(key),
        onCleared: (reset) => this.#cleared(reset),
        isApplied: (entry) => this.#role.session?.recognises(entry) === true,
        onBaseChanged: () => {
          for (const op of this.#role.session?.unkept() ?? []) this.#following.writer.op(op)
        },
      },
      { onDemand: onDemand ? this.#subsets : undefined },
    )
    this.#demands = new Demands({
      id,
      internals,
      metadata: this.#metadata,
      takeOver: () => this.#role.takeOver(),
      onError: (error) => this.#sourceError(error),
    })
    this.#role = new SourceRole({
      id,
      internals,
      makeSession: (role) => this.#session(role),
      onEntered: (session) => {
        if (onDemand) this.#demands.enter(session)
      },
      onLeft: () => this.#demands.leave(),
      // What the log will not take is not in memory either: the next owner's source says what is so.
      onGivenUp: () => this.#following.reload('given up'),
      onError: (error) => this.#sourceError(error),
    })
    this.#stopIndexes = onDemand ? mirrorIndexes(id, internals, core.collection) : () => undefined
  }

  /** Does work that needs the source to run in this context; the role of sync owner is taken over for it. */
  whereSourceRuns<T>(work: () => T | Promise<T>): Promise<T> {
    return this.#role.run(work)
  }

  /** Rows from disk, then from the source; when the source has answered the same before, it is not waited for. */
  async loadSubset(request: LoadSubsetOptions): Promise<void> {
    const wanted = this.#subsets.want(request)
    await this.#subsets.load(wanted)
    const name = answeredName(wanted.subset)
    const answered = name !== undefined && this.#metadata.get(name) === true
    const upstream = this.#demands.load(request, wanted.subset)
    if (!answered || !this.#options.readyLocally) return upstream
    upstream.catch((cause: unknown) => {
      if (!this.#stopped && request.signal?.aborted !== true) this.#sourceError(cause)
    })
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#subsets.unload(request)
    this.#demands.unload(request)
  }

  /** Ends the run. */
  stop(): void | Promise<void> {
    this.#stopped = true
    this.#following.stop()
    this.#subsets.stop()
    this.#stopIndexes()
    this.#cancelWait?.()
    this.#demands.stop()
    return this.#role.stop()
  }

  get #isComplete(): boolean {
    return this.#metadata.get(COMPLETE) === true
  }

  #hydrated(): void {
    const { internals, onDemand } = this.#options
    if (this.#isComplete) this.#showRows(this.#options.readyLocally)
    // Another context's source may be the one that these rows come from.
    this.#cancelWait = internals.clock.after(OTHERS_SYNC, () => {
      if (this.#isComplete && this.#role.session === undefined) this.#showRows(true)
    })
    // Electric drops updates of rows that it does not find in memory, and then moves its token on.
    const needsAll = onDemand && this.#metadata.get(ELECTRIC_TOKEN) !== undefined
    const begin = (): void => {
      if (this.#stopped) return
      this.#role.contend()
      if (onDemand) this.#demands.contend()
    }
    if (needsAll)
      this.#hydrateAll()
        .then(begin)
        .catch((error: unknown) => this.#fail(error))
    else begin()
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
    if (ready) this.#core.markReady()
  }

  #session(role: Pick<SessionOptions, 'claim' | 'onRefused'>): SourceSession {
    const { id, source, onDemand, internals } = this.#options
    return new SourceSession({
      ...role,
      id,
      internals,
      core: this.#core,
      source,
      schema: schemaOf(this.#core.collection as unknown as MutatedCollection),
      onDemand,
      metadata: this.#metadata,
      fromLog: this.#fromLog,
      hydrate: () => this.#hydrateAll(),
      onTouched: (key) => this.#subsets.touched(key),
      onReady: () => this.#sourceReady(),
      onError: (error) => this.#sourceError(error),
    })
  }

  #sourceReady(): void {
    if (this.#stopped) return
    if (this.#sourceFailed) {
      this.#sourceFailed = false
      const { id, internals } = this.#options
      internals.events.emit('source', { collection: id, status: 'recovered' })
    }
    if (!this.#isComplete) this.#role.session?.note(COMPLETE, true)
    this.#showRows(true)
  }

  // A replica that was complete once stays usable; without one there is nothing to show.
  #sourceError(cause: unknown): void {
    if (this.#stopped) return
    const { id, internals, readiness, readyLocally } = this.#options
    this.#sourceFailed = true
    // Whoever waits for rows on disk (suspense) waits in vain.
    if (!this.#isComplete) readiness.show({ status: 'error', error: cause })
    if (!(this.#isComplete && readyLocally)) {
      this.#core.markError(cause)
      return
    }
    const error = new SourceError(id, { cause })
    internals.events.emit('source', { collection: id, status: 'failing', error })
  }

  // The rows cannot be read, or belong to another version of the app.
  #fail(error: unknown): void {
    if (this.#stopped) return
    this.#demands.stop()
    this.#role.abandon()
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
    // Its resume token is gone with the rows: it begins anew.
    this.#role.restart()
  }
}
