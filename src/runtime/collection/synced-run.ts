/**
 * One run of one synced collection: rows from disk first, then its source, and what the source commits into the log.
 *
 * The source is entered when the rows on disk are in memory. So no commit of it can race with hydration, and it finds
 * its resume token and its rows together, as one entry left them.
 */

import type { CleanupFn, LoadSubsetOptions, SyncConfig, SyncConfigRes } from '@tanstack/db'
import { SourceError } from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { Key } from '../../values/key.js'
import type { Persistence } from '../persistence.js'
import { type CapabilityParts, capabilityOf, legacyCapability } from './capability.js'
import { acceptedMetadata, acceptedRow, type SyncParams } from './core-writer.js'
import { FollowingCollection } from './follow.js'
import { mirrorIndexes } from './indexes.js'
import { answeredName, COMPLETE, CollectionMetadata } from './metadata.js'
import { Outbox } from './outbox.js'
import type { Readiness } from './readiness.js'
import { Subsets } from './subsets.js'
import { nothingTouched, type Touched } from './touched.js'
import { Upstream } from './upstream.js'

/** Where Electric keeps its resume token. */
const ELECTRIC_TOKEN = 'electric:resume'

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
  readonly #outbox: Outbox
  readonly #metadata = new CollectionMetadata()
  /** Keys whose row came from the log and not from this run of the source. */
  readonly #fromLog = new Set<Key>()
  #upstream: Upstream | undefined
  #source: SyncConfigRes | undefined
  /** Settles when the source is entered. */
  #entered = deferred<SyncConfigRes>()
  readonly #subsets: Subsets
  readonly #stopIndexes: () => void
  #sourceFailed = false
  #stopped = false

  constructor(options: SyncedOptions, core: SyncParams<object, Key>) {
    this.#options = options
    this.#core = core
    const { id, persistence, readiness } = options
    readiness.begin()
    this.#outbox = new Outbox({
      collection: id,
      persistence,
      present: (touched) => this.#present(touched),
      onDeposed: () => this.#following.reload(),
    })
    this.#following = new FollowingCollection(
      id,
      persistence,
      core,
      {
        onReady: () => this.#hydrated(),
        onError: (error) => {
          core.markError(error)
          readiness.show({ status: 'error', error })
        },
        onState: (name, value) => this.#setState(name, value),
        onRow: (key) => this.#fromLog.add(key),
        onTouched: (key) => this.#subsets.touched(key),
        onCleared: (reset) => this.#cleared(reset),
        isApplied: (entry) => this.#outbox.recognises(entry),
        onBaseChanged: () => {
          for (const op of this.#outbox.unkept()) this.#following.writer.op(op)
        },
      },
      { onDemand: options.onDemand },
    )
    this.#subsets = new Subsets({
      id,
      persistence,
      core,
      following: () => this.#following,
      isUnkept: (key) => this.#outbox.isUnkept(key),
    })
    this.#stopIndexes = options.onDemand ? mirrorIndexes(id, persistence, core.collection) : () => undefined
  }

  /** Rows from disk, then from the source; when the source has answered the same before, it is not waited for. */
  async loadSubset(request: LoadSubsetOptions): Promise<void> {
    const subset = await this.#subsets.load(request)
    const name = answeredName(subset)
    const answered = name !== undefined && this.#metadata.get(name) === true
    const upstream = this.#askSource(request, answered ? undefined : name)
    if (!answered || !this.#options.readyLocally) return upstream
    upstream.catch((cause: unknown) => {
      if (request.signal?.aborted !== true) this.#sourceError(cause)
    })
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#source?.unloadSubset?.(request)
  }

  async #askSource(request: LoadSubsetOptions, noteAs: string | undefined): Promise<void> {
    const source = await this.#entered.promise
    await source.loadSubset?.(request)
    if (noteAs !== undefined && this.#source === source) this.#note(noteAs)
  }

  #note(name: string): void {
    this.#metadata.set(name, true)
    const touched = nothingTouched()
    touched.names.add(name)
    this.#outbox.push([{ op: 'state', collection: this.#options.id, name, value: true }], touched)
  }

  /** Ends the run: nothing more is kept, then the source is told. What was committed before is still sent. */
  stop(): void | Promise<void> {
    this.#stopped = true
    // First: a source may delete all its rows while it cleans up, and those deletes are not meant for the disk.
    this.#outbox.stop()
    this.#following.stop()
    this.#stopIndexes()
    this.#entered.reject(new DOMException('The collection was cleaned up.', 'AbortError'))
    return this.#leaveSource()
  }

  get #isComplete(): boolean {
    return this.#metadata.get(COMPLETE) === true
  }

  #hydrated(): void {
    if (this.#isComplete) this.#showRows()
    // Electric drops updates of rows that it does not find in memory, and then moves its token on.
    if (!this.#options.onDemand || this.#metadata.get(ELECTRIC_TOKEN) === undefined) {
      this.#enterSource()
      return
    }
    this.#subsets.load({}).then(
      () => this.#enterSource(),
      (error: unknown) => this.#sourceError(error),
    )
  }

  // The rows on disk are the whole collection as of the last sync.
  #showRows(): void {
    this.#options.readiness.show({ status: 'ready' })
    if (this.#options.readyLocally) this.#core.markReady()
  }

  #enterSource(): void {
    if (this.#stopped) return
    const { id, source, onDemand } = this.#options
    const parts: CapabilityParts = {
      id,
      hydrate: async () => {
        if (onDemand) await this.#subsets.load({})
      },
      scan: () => this.#scan(),
      settled: () => this.#outbox.settled(),
      failure: () => this.#outbox.failure,
    }
    const upstream = new Upstream({
      id,
      core: this.#core,
      partial: source.rowUpdateMode !== 'full',
      onDemand,
      metadata: this.#metadata,
      fromLog: this.#fromLog,
      persistence: capabilityOf(parts),
      legacy: legacyCapability(parts),
      onCommit: (ops, touched) => this.#committed(ops, touched),
      onReady: () => this.#sourceReady(),
      onError: (error) => this.#sourceError(error),
    })
    this.#upstream = upstream
    try {
      this.#source = resultOf(source.sync(upstream.params))
      this.#entered.resolve(this.#source)
    } catch (error) {
      this.#entered.reject(error)
      this.#sourceError(error)
    }
  }

  #committed(ops: readonly Op[], touched: Touched): void {
    if (touched.truncated) this.#subsets.touched()
    for (const key of touched.keys) this.#subsets.touched(key)
    this.#outbox.push(ops, touched)
  }

  #leaveSource(): void | Promise<void> {
    const source = this.#source
    this.#source = undefined
    this.#upstream = undefined
    return source?.cleanup?.()
  }

  #sourceReady(): void {
    if (this.#stopped) return
    if (this.#sourceFailed) {
      this.#sourceFailed = false
      const { id, persistence } = this.#options
      persistence.emit('source', { collection: id, status: 'recovered' })
    }
    if (!this.#isComplete) this.#note(COMPLETE)
    this.#options.readiness.show({ status: 'ready' })
    this.#core.markReady()
  }

  // A replica that was complete once stays usable; without one there is nothing to show.
  #sourceError(cause: unknown): void {
    if (this.#stopped) return
    const { id, persistence, readyLocally } = this.#options
    this.#sourceFailed = true
    if (!(this.#isComplete && readyLocally)) {
      this.#core.markError(cause)
      return
    }
    const error = new SourceError(id, { cause })
    persistence.emit('source', { collection: id, status: 'failing', error })
  }

  #setState(name: string, value: unknown): void {
    this.#metadata.set(name, value)
    // A follower sees the owner become complete.
    if (name === COMPLETE && value === true && !this.#following.isLoading) this.#showRows()
  }

  #cleared(reset: boolean): void {
    this.#fromLog.clear()
    this.#subsets.touched()
    if (reset) this.#metadata.clear()
  }

  #present({ truncated, keys, names }: Touched): readonly Op[] | undefined {
    if (this.#upstream?.isOpen === true) return undefined
    const { id: collection } = this.#options
    const { collection: core } = this.#core
    const ops: Op[] = truncated ? [{ op: 'truncate', collection }] : []
    for (const key of truncated ? Array.from(core._state.acceptedSyncedEntries(), ([key]) => key) : keys) {
      const value = acceptedRow(core, key)
      if (value === undefined) {
        ops.push({ op: 'delete', collection, key })
        continue
      }
      ops.push({ op: 'put', collection, key, value })
      ops.push({ op: 'meta', collection, key, value: acceptedMetadata(core, key) })
    }
    for (const name of names) ops.push({ op: 'state', collection, name, value: this.#metadata.get(name) })
    return ops
  }

  // Memory knows best, of the rows that it has.
  async #scan(): Promise<{ key: Key; value: object; metadata?: unknown }[]> {
    if (this.#options.onDemand) await this.#subsets.load({})
    const { collection } = this.#core
    return Array.from(collection._state.acceptedSyncedEntries(), ([key, value]) => ({
      key,
      value,
      metadata: acceptedMetadata(collection, key),
    }))
  }
}

/** A promise to be settled from outside; nobody has to wait for it. */
function deferred<T>(): {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
} {
  let resolve!: (value: T) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

function resultOf(result: ReturnType<SyncConfig<object, Key>['sync']>): SyncConfigRes {
  if (typeof result === 'function') return { cleanup: result as CleanupFn }
  return typeof result === 'object' && result !== null ? result : {}
}
