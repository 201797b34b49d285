/**
 * One session with the source of a synced collection: from the moment in which this context may run it until it may not
 * any more. What the source commits goes into core at once and through the recorder into the log, under the session's claim.
 */

import type { CleanupFn, LoadSubsetOptions, SyncConfig, SyncConfigRes } from '@tanstack/db'
import { messageOf, type Position } from '../../../errors.js'
import type { Op } from '../../../log/op.js'
import type { StoredOp } from '../../../log/stored-op.js'
import { asSeen } from '../../../materializer/subset/exact.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import { type Deferred, deferred } from '../../deferred.js'
import type { Entry } from '../../journal/journal.js'
import type { SyncOwner } from '../../sync-owner/sync-owner.js'
import { acceptedMetadata, acceptedRow, acceptedRows, type SyncParams, seedKeys } from '../core-state.js'
import type { HeldRows } from '../held-rows.js'
import { COMPLETE, type CollectionMetadata, IDENTITY } from '../metadata.js'
import type { AnsweredSubsets } from '../on-demand/answered-subsets.js'
import type { NewerRows } from '../on-demand/loaded-subsets.js'
import type { SubsetRequest } from '../on-demand/subset-request.js'
import type { CollectionSchema } from '../schema/migration.js'
import { recordVersion } from '../schema/raise-version.js'
import { requirementOf } from '../schema/schema-version.js'
import type { SourceAdapter } from './adapters/adapter.js'
import { type CapabilityParts, capabilityOf, legacyCapability } from './capability.js'
import { Recorder } from './recorder.js'
import { nothingTouched, type Touched } from './touched.js'
import { Upstream } from './upstream.js'
import type { RowState, UpstreamTransaction } from './upstream-transaction.js'

export interface SessionOptions {
  readonly id: string
  readonly internals: Internals
  readonly core: SyncParams<object, Key>
  readonly source: SyncConfig<object, Key>
  readonly adapter: SourceAdapter
  readonly schema: CollectionSchema
  /** Where the role was claimed, or why the log cannot take the claim at present. */
  readonly claim: Position | { readonly unclaimed: unknown }
  readonly onDemand: boolean
  /** The source sends all its rows in each session: those that it has not sent when it is ready are gone. */
  readonly snapshot: boolean | undefined
  readonly metadata: CollectionMetadata
  readonly answered: AnsweredSubsets
  /** Keys whose row came from the log, or from the source in an earlier session. */
  readonly fromLog: Set<Key>
  readonly held: () => HeldRows
  readonly release: (isChanged: (key: Key) => boolean) => void
  readonly releaseAll: (options: { readonly over: boolean }) => void
  readonly isServing: () => boolean
  /** Whether another context's source may have run since the last session here. */
  readonly isViewNew: boolean
  /** Brings all rows on disk into memory. */
  readonly hydrate: () => Promise<void>
  /** Rows that are on disk and not shown. */
  readonly hidden: () => Map<Key, object>
  /** Rows changed in memory: one, or all. */
  readonly onTouched: (key?: Key) => void
  /** The source has given away who it is. */
  readonly onIdentified: (identity: string) => void
  readonly onReady: () => void
  readonly onError: (error: unknown) => void
  /** The source is to be started again. */
  readonly onBeginAgain: () => void
  /** The log does not take this session's transactions any more. */
  readonly onRefused: (refusal: unknown) => void
}

export class SourceSession {
  readonly #options: SessionOptions
  readonly #recorder: Recorder
  readonly #upstream: Upstream
  #source: SyncConfigRes = {}
  #claim: SessionOptions['claim']
  #hasWarned = false
  /** The next session is about to begin. */
  #isEnding = false
  /** Subsets that are there when the source is ready. */
  #comeWithEverything: Deferred<void> = deferred()
  /** The source has said that it is ready. */
  #wasReady = false
  #first = new Map<string, unknown>()
  #hasTruncated = false
  /** Subsets that it is about to answer. */
  readonly #asked = new Set<SubsetRequest>()
  /** Subsets that it could not answer, though its rows on disk are shown. It may answer them by itself later. */
  readonly #failedToAnswer = new Set<SubsetRequest>()
  readonly #unloaded = new WeakSet<LoadSubsetOptions>()
  #hasLeft = false
  /** It has emptied the collection, and not said since that it is complete. */
  #isIncomplete = false

  constructor(options: SessionOptions) {
    this.#options = options
    this.#claim = options.claim
    const { id, internals, core, source, schema, onDemand, metadata, fromLog, adapter } = options
    this.#recorder = new Recorder({
      collection: id,
      internals,
      requires: () => [['claim', id, this.#seqOfClaim], requirementOf(schema)],
      amend: (refusal) => recordVersion(internals, [schema], refusal),
      present: (touched) => this.#present(touched),
      onRefused: options.onRefused,
    })
    if ('unclaimed' in options.claim) this.#recorder.hold(options.claim.unclaimed)
    const parts: CapabilityParts = {
      id,
      hydrate: options.hydrate,
      scan: () => this.#scan(),
      settled: () => this.#recorder.settled(),
      failure: () => this.#recorder.failure,
    }
    this.#upstream = new Upstream({
      id,
      isSame: (one, other) => internals.codec.isSame(one, other),
      core,
      adapter,
      partial: source.rowUpdateMode !== 'full',
      onDemand,
      metadata,
      fromLog,
      held: options.held,
      release: options.release,
      isServing: options.isServing,
      isViewNew: options.isViewNew,
      persistence: adapter.persistence === null ? null : capabilityOf(parts),
      legacy: legacyCapability(parts),
      reserve: () => this.#recorder.reserve(),
      marksFor: (changes, isWritten) => this.#marksFor(changes, isWritten),
      onTouched: options.onTouched,
      onUnloaded: (key, state) => this.#recorder.leavesMemory(key, this.#opsOf(key, state)),
      onRowless: (key) => this.#warnOfRowless(key),
      onAnswer: () => this.#askAgain(),
      onReady: (how) => this.#ready(how),
      onDropped: () => {
        this.#isEnding = true
        options.onBeginAgain()
      },
      onError: (error) => this.#failed(error),
    })
  }

  /** Starts the source.
   *
   * @throws what the source throws
   */
  enter(): void {
    this.#options.adapter.begin?.()
    this.#source = resultOf(this.#options.source.sync(this.#upstream.params))
  }

  /** Asks the source for a subset; resolves when its rows are in memory. */
  async loadSubset(request: SubsetRequest): Promise<void> {
    // The source thinks that it has given what is gone: the next session asks it.
    if (this.#isEnding) return new Promise(() => undefined)
    await this.#ask(request)
  }

  async #ask(request: SubsetRequest): Promise<void> {
    this.#asked.add(request)
    try {
      await this.#source.loadSubset?.(request.options)
    } catch (error) {
      if (this.#options.adapter.comesWithEverything?.(error) !== true) {
        this.#failedToAnswer.add(request)
        throw error
      }
      if (!this.#wasReady) await this.#comeWithEverything.promise
    } finally {
      this.#asked.delete(request)
    }
    if (!this.#hasLeft && request.options.signal?.aborted !== true) this.#sweep(request)
  }

  /** It answers again: also, perhaps, what it could not. What is known by then it answers at once. */
  #askAgain(): void {
    const failed = [...this.#failedToAnswer]
    this.#failedToAnswer.clear()
    // The source is in the middle of showing the answer.
    for (const request of failed) this.#options.internals.clock.after(0, () => void this.#repeat(request))
  }

  async #repeat(request: SubsetRequest): Promise<void> {
    if (this.#hasLeft || request.options.signal?.aborted === true || this.#unloaded.has(request.options))
      return
    // The caller has had the error. If it fails again, the next answer of the source repeats it.
    await Promise.allSettled([this.#ask(request)])
    // The source counts how often a subset is asked for.
    if (!this.#hasLeft) this.#upstream.unloading(() => this.#source.unloadSubset?.(request.options))
  }

  unloadSubset(request: LoadSubsetOptions): void {
    this.#unloaded.add(request)
    for (const failed of this.#failedToAnswer)
      if (failed.options === request) this.#failedToAnswer.delete(failed)
    this.#upstream.unloading(() => this.#source.unloadSubset?.(request))
  }

  /**
   * Notes something of daybook's own among the collection's metadata: in the entry of what the source has committed in this
   * turn, else behind it. `anew`: the ops that drop everything before.
   */
  note(marks: Iterable<readonly [name: string, value: unknown]>, anew: readonly Op[] = []): void {
    const { id, metadata } = this.#options
    const touched = nothingTouched()
    touched.truncated = anew.length > 0
    touched.anew = anew
    const ops: Op[] = [...anew]
    const own = [...marks]
    if (own.length === 0) return
    for (const [name, value] of [...this.#takeFirst(), ...own]) {
      metadata.set(name, value)
      touched.names.add(name)
      ops.push({ op: 'state', collection: id, name, value })
    }
    this.#recorder.join(ops, touched)
  }

  /** The log has refused this session's claim. */
  depose(owner: SyncOwner | undefined): void {
    if (!('unclaimed' in this.#claim)) owner?.deposed(this.#claim)
  }

  /** The claim that the log could not take before. */
  claimed(claim: Position): void {
    this.#claim = claim
  }

  /** For an entry that is a transaction of this session: what of it is not in memory already. */
  leftOf(entry: Entry): readonly StoredOp[] | undefined {
    return this.#recorder.recognises(entry)
  }

  /** What is in memory and not in the log. */
  unkept(): readonly StoredOp[] {
    return this.#recorder.unkept()
  }

  /** The rows that may be newer in memory than on disk. */
  get newerRows(): NewerRows {
    return this.#recorder.newerRows
  }

  /** Resolves when everything committed is kept, or cannot be. */
  settled(): Promise<void> {
    return this.#recorder.settled()
  }

  /** Ends the session: nothing more is kept, then the source is told. What was committed before is still sent. */
  leave(): void | Promise<void> {
    this.#hasLeft = true
    this.#options.hidden().clear()
    this.note(this.#options.answered.take())
    this.#recorder.stop()
    this.#upstream.close()
    return this.#source.cleanup?.()
  }

  /**
   * Rows from disk that the answer for a subset proves to be gone. What a whole answer lacks is deleted; a page proves less,
   * for the source may sort in another way: what it lacks is out of sight until the source names it.
   */
  #sweep(request: SubsetRequest): void {
    const { adapter, core, id, fromLog, hidden } = this.#options
    if (adapter.isOwned === undefined) return
    const isSwept = (key: Key, value: object): boolean => {
      const row = asSeen({ ...value }, key, id)
      if (!request.has(row)) return false
      for (const other of this.#asked) if (other.has(row)) return false
      return true
    }
    const swept = new Map<Key, object>()
    for (const key of fromLog) {
      const row = acceptedRow<object>(core.collection, key)
      if (row === undefined || adapter.isOwned(key, acceptedMetadata(core.collection, key))) continue
      if (isSwept(key, row)) swept.set(key, row)
    }
    const { limit, offset, cursor } = request.options
    if (limit !== undefined || offset !== undefined || cursor !== undefined) {
      this.#upstream.unloading(() => this.#upstream.deleteRows([...swept.keys()]))
      for (const [key, row] of swept) hidden().set(key, row)
      return
    }
    for (const [key, row] of hidden()) if (isSwept(key, row)) swept.set(key, row)
    this.#upstream.deleteRows([...swept.keys()])
  }

  /** The rows of earlier sessions go when the source knows its place: it would leave them. */
  dropOldRows(): void {
    this.#upstream.dropOldRows()
  }

  #failed(error: unknown): void {
    const { id, internals, adapter, releaseAll, onError, onBeginAgain } = this.#options
    if (adapter.canBeginAgain?.(error) === true) {
      internals.events.emit(
        'warning',
        `The source of ${JSON.stringify(id)} could not go on from the rows that are kept, and fetches all of them again: ${messageOf(error)}`,
      )
      onBeginAgain()
      return
    }
    this.#comeWithEverything.reject(error)
    this.#comeWithEverything = deferred()
    releaseAll({ over: false })
    onError(error)
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

  /** Marks that are to stand in the first entry of the session. */
  firstSays(name: string, value: unknown): void {
    this.#first.set(name, value)
  }

  #takeFirst(): Map<string, unknown> {
    const first = this.#first
    this.#first = new Map()
    return first
  }

  /** Marks that change in the entry of a transaction, because its rows do (B5). */
  #marksFor(transaction: UpstreamTransaction, isWritten: boolean): Map<string, unknown> {
    const { isTruncated, isIncomplete, isEmpty, stagedNames } = transaction
    const { onDemand, metadata, answered } = this.#options
    if (isEmpty) return new Map()
    const marks = new Map<string, unknown>([...this.#takeFirst(), ...this.#identityIn(stagedNames)])
    // An answer of rows that the log has already is no reason for an entry (B10).
    if (isWritten) for (const [name, value] of answered.take()) marks.set(name, value)
    if (onDemand && isTruncated) for (const [name, value] of answered.dropped()) marks.set(name, value)
    if (isTruncated) {
      this.#hasTruncated = true
      this.#isIncomplete = isIncomplete
    }
    if (onDemand) return marks
    if (isIncomplete && metadata.get(COMPLETE) !== undefined) marks.set(COMPLETE, undefined)
    return marks
  }

  /** Who the source is, where it says so for the first time. */
  #identityIn(names: ReadonlyMap<string, unknown>): [name: string, value: unknown][] {
    const { adapter, metadata, onIdentified } = this.#options
    for (const [name, value] of names) {
      const identity = adapter.identityIn?.(name, value)
      if (identity === undefined || metadata.get(IDENTITY) === identity) continue
      onIdentified(identity)
      return [[IDENTITY, identity]]
    }
    return []
  }

  #ready(how: 'said so' | 'by a truncate'): void {
    const { onDemand, metadata, releaseAll, snapshot, onReady } = this.#options
    const isFirst = !this.#wasReady
    this.#wasReady = true
    // A collection that was emptied is complete when its source says so, not because it is empty.
    const isComplete = onDemand || how === 'said so' || !this.#isIncomplete
    if (how === 'said so') this.#isIncomplete = false
    if (isFirst && snapshot === true && !onDemand) this.#upstream.deleteRows(this.#unsent)
    else if (isFirst) this.#warnOfLeftRows()
    if (isComplete && metadata.get(COMPLETE) !== true) this.note([[COMPLETE, true]])
    this.#comeWithEverything.resolve()
    releaseAll({ over: true })
    onReady()
  }

  /** The rows that were there before this session, from the log or by server rendering, and were not sent in it. */
  get #unsent(): Key[] {
    const { fromLog, held, core } = this.#options
    return [...new Set([...fromLog, ...held().keys(), ...seedKeys(core.collection)])]
  }

  /** A source that begins anew each time, and does not say that it sends everything, leaves rows that are gone upstream. */
  #warnOfLeftRows(): void {
    const { id, internals, onDemand, fromLog, held, adapter, snapshot, metadata } = this.#options
    const left = fromLog.size + held().size
    const resumes = adapter.deletesWhatIsGone === true || this.#hasTruncated || metadata.list().length > 0
    if (onDemand || snapshot !== undefined || resumes || left === 0) return
    internals.events.emit(
      'warning',
      `The source of collection ${JSON.stringify(id)} has not sent ${left} of the rows that are kept, and neither resumes ` +
        'nor truncates: what was deleted upstream while the app was away stays for ever. Say `snapshot: true` if it sends ' +
        'all rows in each session, `snapshot: false` if it knows by itself what it has missed.',
    )
  }

  #opsOf(key: Key, { row, metadata }: RowState): Op[] {
    const { id: collection, adapter } = this.#options
    const ops: Op[] = [{ op: 'put', collection, key, value: row }]
    if (adapter.forgetsRowMetadata === true) return ops
    const kept = adapter.keptMetadata ? adapter.keptMetadata(metadata) : metadata
    return [...ops, { op: 'meta', collection, key, value: kept }]
  }

  #present({ truncated, anew, keys, unseen, names }: Touched): readonly Op[] | undefined {
    if (this.#upstream.isOpen) return undefined
    const { id: collection, metadata } = this.#options
    const { collection: core } = this.#options.core
    const ops: Op[] = [...anew]
    if (truncated && anew.length === 0) ops.push({ op: 'truncate', collection })
    for (const key of truncated ? Array.from(acceptedRows(core), ([each]) => each) : keys) {
      const known = unseen.get(key)
      const row = acceptedRow<object>(core, key)
      if (known !== undefined) ops.push(...known)
      else if (row === undefined) ops.push({ op: 'delete', collection, key })
      else ops.push(...this.#opsOf(key, { row, metadata: acceptedMetadata(core, key) }))
    }
    for (const name of names) ops.push({ op: 'state', collection, name, value: metadata.get(name) })
    return ops
  }

  // Memory knows best, of the rows that it has.
  async #scan(): Promise<{ key: Key; value: object; metadata?: unknown }[]> {
    await this.#options.hydrate()
    const { collection } = this.#upstream.params
    return Array.from(acceptedRows<object>(collection), ([key, value]) => ({
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
