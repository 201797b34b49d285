/**
 * One run of one synced collection: rows from disk first, then its source, and what the source commits into the log.
 *
 * The source is entered when the rows on disk are in memory. So no commit of it can race with hydration, and it finds
 * its resume token and its rows together, as one entry left them.
 */

import type { CleanupFn, SyncConfig, SyncConfigRes } from '@tanstack/db'
import { SourceError } from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { Key } from '../../values/key.js'
import type { Persistence } from '../persistence.js'
import { type CapabilityParts, capabilityOf, legacyCapability } from './capability.js'
import { acceptedMetadata, acceptedRow, type SyncParams } from './core-writer.js'
import { FollowingCollection } from './follow.js'
import { COMPLETE, CollectionMetadata } from './metadata.js'
import { Outbox } from './outbox.js'
import type { Readiness } from './readiness.js'
import { nothingTouched, type Touched } from './touched.js'
import { Upstream } from './upstream.js'

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
        onCleared: (reset) => this.#cleared(reset),
        isApplied: (entry) => this.#outbox.recognises(entry),
        onBaseChanged: () => {
          for (const op of this.#outbox.unkept()) this.#following.writer.op(op)
        },
      },
      { onDemand: options.onDemand },
    )
  }

  /** Ends the run: nothing more is kept, then the source is told. What was committed before is still sent. */
  stop(): void | Promise<void> {
    this.#stopped = true
    // First: a source may delete all its rows while it cleans up, and those deletes are not meant for the disk.
    this.#outbox.stop()
    this.#following.stop()
    return this.#leaveSource()
  }

  get #isComplete(): boolean {
    return this.#metadata.get(COMPLETE) === true
  }

  #hydrated(): void {
    if (this.#isComplete) this.#showRows()
    this.#enterSource()
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
      hydrate: async () => undefined,
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
      onCommit: (ops, touched) => this.#outbox.push(ops, touched),
      onReady: () => this.#sourceReady(),
      onError: (error) => this.#sourceError(error),
    })
    this.#upstream = upstream
    try {
      this.#source = resultOf(source.sync(upstream.params))
    } catch (error) {
      this.#sourceError(error)
    }
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
    if (!this.#isComplete) {
      this.#metadata.set(COMPLETE, true)
      const touched = nothingTouched()
      touched.names.add(COMPLETE)
      this.#outbox.push([{ op: 'state', collection: this.#options.id, name: COMPLETE, value: true }], touched)
    }
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

  // Eagerly loaded, memory has every row of the disk, and those that are not kept yet.
  async #scan(): Promise<{ key: Key; value: object; metadata?: unknown }[]> {
    const { collection } = this.#core
    return Array.from(collection._state.acceptedSyncedEntries(), ([key, value]) => ({
      key,
      value,
      metadata: acceptedMetadata(collection, key),
    }))
  }
}

function resultOf(result: ReturnType<SyncConfig<object, Key>['sync']>): SyncConfigRes {
  if (typeof result === 'function') return { cleanup: result as CleanupFn }
  return typeof result === 'object' && result !== null ? result : {}
}
