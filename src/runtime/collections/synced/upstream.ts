/**
 * What the source of a synced collection is given instead of core's sync calls: the same calls, and each transaction is
 * handed on as ops when core has accepted it.
 *
 * Core is told at once, not when the entry comes back through the tail: sources read core's state right after `commit`
 * (Electric looks whether the row of an update is known, Query compares results), and a collection stays live when the
 * store takes no writes.
 */

import type { CollectionStatus, SyncAppliedReceipt } from '@tanstack/db'
import type { Key } from '../../../values/key.js'
import {
  acceptedMetadata,
  acceptedRow,
  acceptedRows,
  type CoreTransaction,
  isSeed,
  lastTransaction,
  resumeTransaction,
  type SyncParams,
  seedKeys,
} from '../core-state.js'
import type { HeldRow, HeldRows } from '../held-rows.js'
import { type CollectionMetadata, checkName, RESERVED } from '../metadata.js'
import type { SourceAdapter } from './adapters/adapter.js'
import type { Slot } from './recorder.js'
import { sourceView } from './source-view.js'
import { type Logged, type RowState, UpstreamTransaction } from './upstream-transaction.js'

type Params = SyncParams<object, Key>
type Message = Parameters<Params['write']>[0]

export interface UpstreamOptions {
  readonly id: string
  /** Whether two values are the same to the log. */
  readonly isSame: (one: unknown, other: unknown) => boolean
  /** Core's own calls. */
  readonly core: Params
  readonly adapter: SourceAdapter
  /** The source's updates name the fields that change. */
  readonly partial: boolean
  readonly onDemand: boolean
  readonly metadata: CollectionMetadata
  /** Keys whose row came from the log, or from the source in an earlier session. */
  readonly fromLog: Set<Key>
  /** Rows on disk that are not shown yet. */
  readonly held: () => HeldRows
  /** Shows them, in the open transaction of core, except those that it has changed. */
  readonly release: (isChanged: (key: Key) => boolean) => void
  readonly persistence: NonNullable<Params['metadata']>['persistence']
  /** For sources of earlier versions of the protocol. */
  readonly legacy: object
  /** Whether other contexts need the source. */
  readonly isServing: () => boolean
  /** The source is given a new view of the collection: nothing that it remembers of the last session counts. */
  readonly isViewNew: boolean
  /** A place among what is on the way into the log. */
  readonly reserve: () => Slot
  /** Marks of daybook's own that change in the entry of a transaction. `isWritten`: it has an entry without them. */
  readonly marksFor: (
    transaction: UpstreamTransaction,
    isWritten: boolean,
  ) => Iterable<readonly [name: string, value: unknown]>
  /** Rows changed in memory: one, or all. */
  readonly onTouched: (key?: Key) => void
  /** A row left memory because its subset is not wanted any more; the disk keeps it. */
  readonly onUnloaded: (key: Key, state: RowState) => void
  /** Fields came for a row that nobody has, and were left out. */
  readonly onRowless: (key: Key) => void
  /** The rows of earlier sessions are gone. */
  readonly onDropped: () => void
  /** A subset was answered. */
  readonly onAnswer: () => void
  readonly onReady: (how: 'said so' | 'by a truncate') => void
  readonly onError: (error: unknown) => void
}

export class Upstream {
  readonly #options: UpstreamOptions
  /** Transactions that were begun; core nests them as a stack. */
  readonly #open: UpstreamTransaction[] = []
  /** What core has of each. */
  readonly #inCore = new WeakMap<UpstreamTransaction, CoreTransaction>()
  /** An open transaction makes the collection ready when it commits. */
  #readyOnCommit = false
  #isUnloading = false
  #leavesOldRows = false
  #closed = false
  /** What the source says of itself. */
  #status: CollectionStatus = 'loading'
  /** What the source is called with. */
  readonly params: Params

  constructor(options: UpstreamOptions) {
    this.#options = options
    const { core, held, isServing, isViewNew, adapter } = options
    const { findsEveryRow = false, hidesSeeds = false } = adapter
    const status = (): CollectionStatus => this.#statusOf(core.collection.status)
    this.params = {
      ...core,
      collection: sourceView(
        core.collection,
        { status, held, isServing, findsEveryRow, hidesSeeds },
        isViewNew,
      ),
      begin: () => this.#begin(),
      write: (message) => this.#write(message),
      commit: (signal) => this.#commit(signal),
      truncate: (settings) => this.#truncate(settings),
      markReady: () => this.#markReady('said so'),
      markError: (error) => this.#markError(error),
      metadata: this.#metadata(),
    }
  }

  /** The source is in the middle of a transaction: memory shows a part of it. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /**
   * What the source commits meanwhile takes rows out of memory that nobody wants any more; they stay on disk, as what was
   * loaded once.
   */
  unloading(work: () => void): void {
    this.#isUnloading = true
    try {
      work()
    } finally {
      this.#isUnloading = false
    }
  }

  /** The rows of earlier sessions go when the source knows its place, and it is to be asked again for those that are wanted. */
  dropOldRows(): void {
    this.#leavesOldRows = true
  }

  /** Deletes rows as if the source had. */
  deleteRows(keys: readonly Key[]): void {
    if (keys.length === 0) return
    this.#begin()
    for (const key of keys) this.#write({ type: 'delete', key })
    this.#commit()
  }

  /** From now on the source's calls have no effect: it may delete all its rows while it cleans up. */
  close(): void {
    // What it has begun is not finished by anybody.
    for (; this.#resumed() !== undefined; this.#open.pop()) this.#options.core.commit(AbortSignal.abort())
    this.#closed = true
  }

  // What the collection would show if no rows were on disk.
  #statusOf(status: CollectionStatus): CollectionStatus {
    return status === 'ready' ? this.#status : status
  }

  #markReady(how: 'said so' | 'by a truncate'): void {
    if (this.#closed) return
    this.#status = 'ready'
    this.#options.onReady(how)
  }

  #markError(error: unknown): void {
    if (this.#closed) return
    this.#status = 'error'
    this.#options.onError(error)
  }

  #begin(): void {
    if (this.#closed) return
    const { id, isSame, core, onDemand, partial, adapter, held } = this.#options
    core.begin()
    const transaction = new UpstreamTransaction({
      id,
      isSame,
      onDemand,
      partial,
      logged: (key) => this.#logged(key),
      loggedKeys: () =>
        new Set([...Array.from(acceptedRows(core.collection), ([key]) => key), ...held().keys()]),
      present: (key) => this.#present(key),
      keepsMetadata: adapter.forgetsRowMetadata !== true,
      keptMetadata: (metadata) => (adapter.keptMetadata ? adapter.keptMetadata(metadata) : metadata),
    })
    this.#open.push(transaction)
    this.#inCore.set(transaction, lastTransaction(core.collection) as CoreTransaction)
  }

  /** The transaction that the source goes on with: core too, whatever the log has said meanwhile. */
  #resumed(): UpstreamTransaction | undefined {
    const transaction = this.#open.at(-1)
    if (transaction !== undefined) this.#resume(transaction)
    return transaction
  }

  #resume(transaction: UpstreamTransaction): void {
    const { collection } = this.#options.core
    resumeTransaction(collection, this.#inCore.get(transaction) as CoreTransaction)
  }

  /** The row as it waits behind those of server rendering, until the source has said something of it. */
  #held(key: Key): HeldRow | undefined {
    return this.#open.some((transaction) => transaction.hasSaid(key))
      ? undefined
      : this.#options.held().get(key)
  }

  #logged(key: Key): Logged {
    const { core, onDemand } = this.#options
    const hidden = this.#held(key)
    if (hidden !== undefined) return hidden
    const present = this.#present(key)
    if (present !== undefined && !isSeed(core.collection, key)) return present
    return onDemand ? 'unknown' : 'absent'
  }

  #present(key: Key): RowState | undefined {
    const { collection } = this.#options.core
    const row = acceptedRow(collection, key)
    return row && { row, metadata: acceptedMetadata(collection, key) }
  }

  #write(message: Message): void {
    if (this.#closed) return
    const { core, fromLog, adapter } = this.#options
    const transaction = this.#resumed()
    if (transaction === undefined) {
      // Core says what is wrong.
      core.write(message)
      return
    }
    const key = keyOf(message, core)
    transaction.touch(key)
    if (message.type === 'delete') {
      core.write(message)
      transaction.deleted(key)
    } else {
      const known = this.#held(key)?.row ?? acceptedRow(core.collection, key)
      const whole = this.#whole(message as Extract<Message, { value: unknown }>, key, known)
      if (whole === undefined) return
      core.write(whole)
      transaction.wrote(key)
    }
    fromLog.delete(key)
    adapter.wrote?.(key)
  }

  /** The message with all of the row; nothing for fields of a row that memory does not have. */
  #whole(
    message: Extract<Message, { value: unknown }>,
    key: Key,
    known: object | undefined,
  ): Message | undefined {
    const { partial, onDemand, adapter, fromLog, held, onRowless } = this.#options
    const { type, value } = message
    if (type === 'insert') {
      // A source that sends its rows again inserts what the log has handed to core already.
      const isKnown = known !== undefined && (onDemand || fromLog.has(key) || held().has(key))
      return isKnown ? ({ ...message, type: 'update' } as Message) : message
    }
    if (!partial) return message
    if (known !== undefined) return { ...message, value: { ...known, ...value } } as Message
    if (adapter.unknownUpdate?.(key) === 'is a row') return { ...message, type: 'insert' } as Message
    // Fields without a row are not a row. The row may be on disk.
    if (onDemand) this.#open.at(-1)?.patchUnseen(key, value)
    else onRowless(key)
    return undefined
  }

  #truncate(settings?: { markReady?: boolean }): void {
    if (this.#closed) return
    this.#readyOnCommit = settings?.markReady !== false
    this.#resumed()?.truncate(this.#readyOnCommit)
    this.#options.core.truncate(settings)
    this.#options.fromLog.clear()
  }

  #commit(signal?: AbortSignal): SyncAppliedReceipt {
    if (this.#closed) return true
    const { core, metadata, marksFor, release, adapter } = this.#options
    const answer = adapter.takesAnswer?.()
    if (answer === 'all rows') this.#settleSeeds()
    const transaction = this.#resumed()
    if (transaction === undefined) return core.commit(signal)
    this.#open.pop()
    if (this.#leavesOldRows && this.#hasPlace(transaction)) {
      this.#dropRows()
      this.#resume(transaction)
    }
    const pending = this.#inCore.get(transaction)
    if (this.#isUnloading) return this.#unload(transaction, signal)
    // Rows that waited come up with what the source says first, in one step.
    if (transaction.hasTouched) release((key) => transaction.isTouched(key))
    const { ops, touched } = transaction.finish((name) => metadata.get(name))
    for (const mark of marksFor(transaction, ops.length > 0)) {
      ops.push(transaction.mark(...mark))
      touched.names.add(mark[0])
    }
    const readyOnCommit = this.#readyOnCommit
    this.#readyOnCommit = false
    const slot = this.#options.reserve()
    let isAccepted = false
    try {
      return core.commit(signal)
    } finally {
      // Core may have accepted it although a listener threw, and refused it without throwing.
      isAccepted = pending?.committed === true
      if (isAccepted) {
        if (touched.truncated) this.#options.onTouched()
        for (const key of touched.keys) this.#options.onTouched(key)
        for (const [name, value] of transaction.stagedNames) metadata.set(name, value)
        slot.fill(ops, touched)
        if (answer === 'a subset') this.#options.onAnswer()
        if (readyOnCommit) this.#markReady('by a truncate')
      } else {
        slot.drop()
      }
    }
  }

  /** What the open transaction, which has all rows, makes of those of server rendering that it says nothing of. */
  #settleSeeds(): void {
    const { core, held } = this.#options
    for (const key of seedKeys(core.collection)) {
      if (this.#open.at(-1)?.isTouched(key) !== false) continue
      const kept = held().get(key)
      // One that is on disk has not changed.
      this.#write(kept === undefined ? { type: 'delete', key } : { type: 'update', value: kept.row })
    }
  }

  #hasPlace({ stagedNames }: UpstreamTransaction): boolean {
    const { adapter } = this.#options
    return Array.from(stagedNames).some(([name, value]) => adapter.isPlace?.(name, value) === true)
  }

  #dropRows(): void {
    this.#leavesOldRows = false
    this.#begin()
    this.#truncate({ markReady: false })
    this.#commit()
    this.#options.onDropped()
  }

  #unload(transaction: UpstreamTransaction, signal?: AbortSignal): SyncAppliedReceipt {
    for (const [key, before] of transaction.touchedRows()) {
      if (typeof before === 'string') continue
      this.#options.onTouched(key)
      this.#options.onUnloaded(key, before)
    }
    return this.#options.core.commit(signal)
  }

  #metadata(): NonNullable<Params['metadata']> {
    const { core, id, metadata, persistence, legacy, adapter } = this.#options
    const own = core.metadata as NonNullable<Params['metadata']>
    const setName = (name: string, value: unknown): void => {
      checkName(id, name)
      if (adapter.set?.(name, value) === true) return
      this.#inTransaction((transaction) => {
        if (value === undefined) own.collection.delete(name)
        else own.collection.set(name, value)
        transaction.setName(name, value)
      })
    }
    return {
      row: {
        ...legacy,
        get: (key) => {
          const known = this.#options.held().get(key)?.metadata ?? acceptedMetadata(core.collection, key)
          return adapter.rowMetadata ? adapter.rowMetadata(key, known) : known
        },
        set: (key, value) => this.#setMetadata(key, value, () => own.row.set(key, value)),
        delete: (key) => this.#setMetadata(key, undefined, () => own.row.delete(key)),
      },
      collection: {
        get: (name) => {
          const answered = adapter.get?.(name, this.#isUnloading) ?? this.#staged(name)
          return answered === undefined ? metadata.get(name) : answered.value
        },
        set: setName,
        delete: (name) => setName(name, undefined),
        list: (prefix = '') => adapter.list?.(prefix) ?? this.#list(prefix),
      },
      persistence,
    }
  }

  #setMetadata(key: Key, value: unknown, set: () => void): void {
    this.#inTransaction((transaction) => {
      transaction.touch(key)
      const { held, core } = this.#options
      if (acceptedRow(core.collection, key) !== undefined || held().has(key)) set()
      else transaction.metaUnseen(key, value)
    })
  }

  #list(prefix: string): { key: string; value: unknown }[] {
    const found = new Map(this.#options.metadata.list(prefix).map(({ key, value }) => [key, value]))
    for (const transaction of this.#open) {
      for (const [name, value] of transaction.stagedNames) {
        if (!name.startsWith(prefix) || name.startsWith(RESERVED)) continue
        if (value === undefined) found.delete(name)
        else found.set(name, value)
      }
    }
    return Array.from(found, ([key, value]) => ({ key, value }))
  }

  #staged(name: string): { readonly value: unknown } | undefined {
    for (let at = this.#open.length - 1; at >= 0; at--) {
      const staged = this.#open[at]?.stagedName(name)
      if (staged !== undefined) return staged
    }
    return undefined
  }

  // Metadata that is changed outside a transaction is a transaction of its own.
  #inTransaction(change: (transaction: UpstreamTransaction) => void): void {
    if (this.#closed) return
    const open = this.#resumed()
    if (open === undefined) this.#begin()
    change(this.#open.at(-1) as UpstreamTransaction)
    if (open === undefined) this.#commit()
  }
}

function keyOf(message: Message, { collection }: Params): Key {
  const named = (message as { readonly key?: Key }).key
  if ('key' in message && named !== undefined) return named
  return collection.config.getKey((message as Extract<Message, { value: unknown }>).value)
}
