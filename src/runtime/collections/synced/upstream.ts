/**
 * What the source of a synced collection is given instead of core's sync calls: the same calls, and each transaction is
 * handed on as ops when core has accepted it.
 *
 * Core is told at once, not when the entry comes back through the tail: sources read core's state right after `commit`
 * (Electric looks whether the row of an update is known, Query compares results), and a collection stays live when the
 * store takes no writes.
 */

import type { CollectionStatus, SyncAppliedReceipt } from '@tanstack/db'
import type { Op } from '../../../log/op.js'
import type { Key } from '../../../values/key.js'
import { acceptedMetadata, acceptedRow, type SyncParams } from '../core-state.js'
import { type CollectionMetadata, checkName } from '../metadata.js'
import { sourceView } from './source-view.js'
import type { Touched } from './touched.js'
import { UpstreamTransaction } from './upstream-transaction.js'

type Params = SyncParams<object, Key>
type Message = Parameters<Params['write']>[0]

export interface UpstreamOptions {
  readonly id: string
  /** Core's own calls. */
  readonly core: Params
  /** The source's updates name the fields that change. */
  readonly partial: boolean
  readonly onDemand: boolean
  readonly metadata: CollectionMetadata
  /** Keys whose row came from the log and not from this run of the source. */
  readonly fromLog: Set<Key>
  readonly persistence: NonNullable<Params['metadata']>['persistence']
  /** For sources of earlier versions of the protocol. */
  readonly legacy: object
  readonly onCommit: (ops: readonly Op[], touched: Touched) => void
  /** Fields came for a row that nobody has, and were left out. */
  readonly onRowless: (key: Key) => void
  readonly onReady: () => void
  readonly onError: (error: unknown) => void
}

export class Upstream {
  readonly #options: UpstreamOptions
  /** Transactions that were begun; core nests them as a stack. */
  readonly #open: UpstreamTransaction[] = []
  /** An open transaction makes the collection ready when it commits. */
  #readyOnCommit = false
  #closed = false
  /** What the source says of itself. */
  #status: CollectionStatus = 'loading'
  /** What the source is called with. */
  readonly params: Params

  constructor(options: UpstreamOptions) {
    this.#options = options
    const { core } = options
    this.params = {
      ...core,
      collection: sourceView(core.collection, () => this.#statusOf(core.collection.status)),
      begin: () => this.#begin(),
      write: (message) => this.#write(message),
      commit: (signal) => this.#commit(signal),
      truncate: (settings) => this.#truncate(settings),
      markReady: () => this.#markReady(),
      markError: (error) => this.#markError(error),
      metadata: this.#metadata(),
    }
  }

  /** The source is in the middle of a transaction: memory shows a part of it. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** From now on the source's calls have no effect: it may delete all its rows while it cleans up. */
  close(): void {
    // What it has begun is not finished by anybody.
    while (this.#open.pop() !== undefined) this.#options.core.commit(AbortSignal.abort())
    this.#closed = true
  }

  // What the collection would show if no rows were on disk.
  #statusOf(status: CollectionStatus): CollectionStatus {
    return status === 'ready' ? this.#status : status
  }

  #markReady(): void {
    if (this.#closed) return
    this.#status = 'ready'
    this.#options.onReady()
  }

  #markError(error: unknown): void {
    if (this.#closed) return
    this.#status = 'error'
    this.#options.onError(error)
  }

  #begin(): void {
    if (this.#closed) return
    const { id, core, onDemand, partial, metadata } = this.#options
    core.begin()
    this.#open.push(new UpstreamTransaction({ id, core: core.collection, onDemand, partial, metadata }))
  }

  #write(message: Message): void {
    if (this.#closed) return
    const { core, partial, onDemand, fromLog } = this.#options
    const transaction = this.#open.at(-1)
    if (transaction === undefined) {
      // Core says what is wrong.
      core.write(message)
      return
    }
    const key = keyOf(message, core)
    const known = acceptedRow(core.collection, key)
    transaction.touch(key)
    if (message.type === 'update' && partial) {
      const { value } = message as Extract<Message, { value: unknown }>
      if (known === undefined) {
        // Fields without a row are not a row. The row may be on disk.
        if (onDemand) transaction.patchUnseen(key, value)
        else this.#options.onRowless(key)
        return
      }
      core.write({ ...message, value: { ...known, ...value } } as Message)
    } else if (message.type === 'insert' && known !== undefined && fromLog.has(key)) {
      // A source that sends all its rows again inserts what the log has handed to core already.
      core.write({ ...message, type: 'update' } as Message)
    } else {
      core.write(message)
    }
    fromLog.delete(key)
  }

  #truncate(settings?: { markReady?: boolean }): void {
    if (this.#closed) return
    this.#open.at(-1)?.truncate()
    this.#readyOnCommit = settings?.markReady !== false
    this.#options.core.truncate(settings)
    this.#options.fromLog.clear()
  }

  #commit(signal?: AbortSignal): SyncAppliedReceipt {
    if (this.#closed) return true
    const { core, metadata, onCommit } = this.#options
    const transaction = this.#open.pop()
    if (transaction === undefined) return core.commit(signal)
    const pending = core.collection._state.pendingSyncedTransactions.at(-1)
    const { ops, touched } = transaction.finish()
    const readyOnCommit = this.#readyOnCommit
    this.#readyOnCommit = false
    try {
      return core.commit(signal)
    } finally {
      // Core may have accepted it although a listener threw, and refused it without throwing.
      if (pending?.committed === true) {
        for (const [name, value] of transaction.stagedNames) metadata.set(name, value)
        if (ops.length > 0) onCommit(ops, touched)
        if (readyOnCommit) this.#markReady()
      }
    }
  }

  #metadata(): NonNullable<Params['metadata']> {
    const { core, id, metadata, persistence, legacy } = this.#options
    const own = core.metadata as NonNullable<Params['metadata']>
    const setName = (name: string, value: unknown): void => {
      checkName(id, name)
      this.#inTransaction((transaction) => {
        if (value === undefined) own.collection.delete(name)
        else own.collection.set(name, value)
        transaction.setName(name, value)
      })
    }
    const changeRow = (key: Key, change: () => void): void =>
      this.#inTransaction((transaction) => {
        transaction.touch(key)
        change()
      })
    return {
      row: {
        ...legacy,
        get: (key) => acceptedMetadata(core.collection, key),
        set: (key, value) => changeRow(key, () => own.row.set(key, value)),
        delete: (key) => changeRow(key, () => own.row.delete(key)),
      },
      collection: {
        get: (name) => {
          const staged = this.#staged(name)
          return staged === undefined ? metadata.get(name) : staged.value
        },
        set: setName,
        delete: (name) => setName(name, undefined),
        list: (prefix = '') => {
          const found = new Map(metadata.list(prefix).map(({ key, value }) => [key, value]))
          for (const transaction of this.#open) {
            for (const [name, value] of transaction.stagedNames) {
              if (!name.startsWith(prefix)) continue
              if (value === undefined) found.delete(name)
              else found.set(name, value)
            }
          }
          return Array.from(found, ([key, value]) => ({ key, value }))
        },
      },
      persistence,
    }
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
    const open = this.#open.at(-1)
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
