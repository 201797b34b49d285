/**
 * One session with the source of a synced collection: from the moment in which this context may run it until it may not
 * any more. What the source commits goes into core at once and through the outbox into the log, under the session's claim.
 */

import type { CleanupFn, LoadSubsetOptions, SyncConfig, SyncConfigRes } from '@tanstack/db'
import type { Position } from '../../../errors.js'
import type { Op } from '../../../log/op.js'
import type { StoredOp } from '../../../log/stored-op.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import type { Entry } from '../../journal/journal.js'
import type { SyncOwner } from '../../sync-owner/sync-owner.js'
import { acceptedMetadata, acceptedRow, type SyncParams } from '../core-state.js'
import type { CollectionMetadata } from '../metadata.js'
import type { CollectionSchema } from '../schema/migration.js'
import { recordVersion } from '../schema/raise-version.js'
import { requirementOf } from '../schema/schema-version.js'
import { type CapabilityParts, capabilityOf, legacyCapability } from './capability.js'
import { Outbox } from './recorder.js'
import { nothingTouched, type Touched } from './touched.js'
import { Upstream } from './upstream.js'

export interface SessionOptions {
  readonly id: string
  readonly internals: Internals
  readonly core: SyncParams<object, Key>
  readonly source: SyncConfig<object, Key>
  readonly schema: CollectionSchema
  /** Where the role was claimed, or why the log cannot take the claim at present. */
  readonly claim: Position | { readonly unclaimed: unknown }
  readonly onDemand: boolean
  readonly metadata: CollectionMetadata
  /** Keys whose row came from the log and not from the source. */
  readonly fromLog: Set<Key>
  /** Brings all rows on disk into memory. */
  readonly hydrate: () => Promise<void>
  /** Rows changed in memory: one, or all. */
  readonly onTouched: (key?: Key) => void
  readonly onReady: () => void
  readonly onError: (error: unknown) => void
  /** The log does not take this session's transactions any more. */
  readonly onRefused: (refusal: unknown) => void
}

export class SourceSession {
  readonly #options: SessionOptions
  readonly #outbox: Outbox
  readonly #upstream: Upstream
  #source: SyncConfigRes = {}
  #claim: SessionOptions['claim']
  #hasWarned = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#claim = options.claim
    const { id, internals, core, source, schema, onDemand, metadata, fromLog } = options
    this.#outbox = new Outbox({
      collection: id,
      internals,
      requires: () => [['claim', id, this.#seqOfClaim], requirementOf(schema)],
      amend: (refusal) => recordVersion(internals, [schema], refusal),
      present: (touched) => this.#present(touched),
      onRefused: options.onRefused,
    })
    if ('unclaimed' in options.claim) this.#outbox.hold(options.claim.unclaimed)
    const parts: CapabilityParts = {
      id,
      hydrate: options.hydrate,
      scan: () => this.#scan(),
      settled: () => this.#outbox.settled(),
      failure: () => this.#outbox.failure,
    }
    this.#upstream = new Upstream({
      id,
      core,
      partial: source.rowUpdateMode !== 'full',
      onDemand,
      metadata,
      fromLog,
      persistence: capabilityOf(parts),
      legacy: legacyCapability(parts),
      onCommit: (ops, touched) => this.#committed(ops, touched),
      onRowless: (key) => this.#warnOfRowless(key),
      onReady: options.onReady,
      onError: options.onError,
    })
  }

  /** Starts the source.
   *
   * @throws what the source throws
   */
  enter(): void {
    this.#source = resultOf(this.#options.source.sync(this.#upstream.params))
  }

  /** Asks the source for a subset; resolves when its rows are in memory. */
  async loadSubset(request: LoadSubsetOptions): Promise<void> {
    await this.#source.loadSubset?.(request)
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#source.unloadSubset?.(request)
  }

  /** Notes something of daybook's own among the collection's metadata, behind everything committed before. */
  note(name: string, value: unknown): void {
    const { id, metadata } = this.#options
    metadata.set(name, value)
    const touched = nothingTouched()
    touched.names.add(name)
    this.#outbox.push([{ op: 'state', collection: id, name, value }], touched)
  }

  /** The log has refused this session's claim. */
  depose(owner: SyncOwner | undefined): void {
    if (!('unclaimed' in this.#claim)) owner?.deposed(this.#claim)
  }

  /** The claim that the log could not take before. */
  claimed(claim: Position): void {
    this.#claim = claim
  }

  /** Whether an entry is a transaction of this session, whose changes are in memory already. */
  recognises(entry: Entry): boolean {
    return this.#outbox.recognises(entry)
  }

  /** What is in memory and not in the log; nothing where code has to be loaded for it. */
  unkept(): readonly StoredOp[] | undefined {
    return this.#outbox.unkept()
  }

  /** Keys whose row in memory may be newer than the one on disk. */
  unkeptKeys(): ReadonlySet<Key> {
    return this.#outbox.unkeptKeys()
  }

  /** Resolves when everything committed is kept, or cannot be. */
  settled(): Promise<void> {
    return this.#outbox.settled()
  }

  /** Ends the session: nothing more is kept, then the source is told. What was committed before is still sent. */
  leave(): void | Promise<void> {
    this.#outbox.stop()
    this.#upstream.close()
    return this.#source.cleanup?.()
  }

  #warnOfRowless(key: Key): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const { id, internals } = this.#options
    internals.events.emit(
      'warning',
      `The source of "${id}" updates row ${JSON.stringify(key)}, which is not there: the update was left out. ` +
        "Where an update is a whole row, say `sync: { rowUpdateMode: 'full' }`; otherwise insert the row first.",
    )
  }

  // Nothing counts before it is claimed.
  get #seqOfClaim(): number {
    if ('unclaimed' in this.#claim) throw this.#claim.unclaimed
    return this.#claim.seq
  }

  #committed(ops: readonly Op[], touched: Touched): void {
    const { onTouched } = this.#options
    if (touched.truncated) onTouched()
    for (const key of touched.keys) onTouched(key)
    this.#outbox.push(ops, touched)
  }

  #present({ truncated, keys, names }: Touched): readonly Op[] | undefined {
    if (this.#upstream.isOpen) return undefined
    const { id: collection, metadata } = this.#options
    const { collection: core } = this.#options.core
    const ops: Op[] = truncated ? [{ op: 'truncate', collection }] : []
    for (const key of truncated ? Array.from(core._state.acceptedSyncedEntries(), ([each]) => each) : keys) {
      const value = acceptedRow(core, key)
      if (value === undefined) {
        ops.push({ op: 'delete', collection, key })
        continue
      }
      ops.push({ op: 'put', collection, key, value })
      ops.push({ op: 'meta', collection, key, value: acceptedMetadata(core, key) })
    }
    for (const name of names) ops.push({ op: 'state', collection, name, value: metadata.get(name) })
    return ops
  }

  // Memory knows best, of the rows that it has.
  async #scan(): Promise<{ key: Key; value: object; metadata?: unknown }[]> {
    await this.#options.hydrate()
    const { collection } = this.#options.core
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
