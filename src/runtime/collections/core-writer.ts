/**
 * Hands stored rows and ops to core's sync calls: what the log says becomes what the collection shows.
 *
 * Core merges by `rowUpdateMode`; persisted collections always run in `full` mode, in which core takes an update of an
 * unknown key as an insert, and an update never collides.
 */

import type { SyncAppliedReceipt } from '@tanstack/db'
import { MissingCodecError, UnreadableRowError, UnreadableStateError } from '../../errors.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { RowOp } from '../../materializer/fold.js'
import type { StoredState } from '../../materializer/state.js'
import type { StoredRow } from '../../materializer/tables.js'
import { encodeKey, type Key, parseKey } from '../../values/key.js'
import type { Codec } from '../daybook/codec.js'
import { acceptedRow, acceptedRows, isSeed, type SyncParams, seedKeys } from './core-state.js'
import type { HeldRow } from './held-rows.js'

/** Told what the log says besides rows that core shows. */
export interface WriterEvents<TKey extends Key> {
  /** A value that this handle cannot read. One unreadable row never hides the others. */
  readonly onUnreadable: (error: UnreadableRowError | UnreadableStateError | MissingCodecError) => void
  /** A listener of the collection, or a live query over it, threw when it was told of changes. */
  readonly onListenerError: (error: unknown) => void
  /** Metadata of the collection; `undefined` when it was cleared. */
  readonly onState?: (name: string, value: unknown) => void
  /** A row was written; `isNew`: that was not in memory. */
  readonly onRow?: (key: TKey, isNew: boolean) => void
  /** All rows went; after a reset, all metadata as well. */
  readonly onCleared?: (reset: boolean) => void
}

/** Where only some rows are in memory: which others are to be there. */
export interface RowsOnDemand {
  /** The row, or all of them, changed by the entry at `seq`; without one, in memory only. */
  touched(key?: Key, seq?: number): void
  /** Whether a row that is not in memory is to be there. */
  wants(key: Key, value: object): boolean
  /** A row that is not in memory as the log has it was patched: it may have to be there now. */
  patched(key: Key): void
}

/** Where an op comes from. */
export interface OpSource {
  /** The entry; nothing for what is in memory only. */
  readonly seq: number | undefined
  /** It was made in this context, so that its app may look for the row whether or not a subset has it. */
  readonly isOwn: boolean
}

const MEMORY: OpSource = { seq: undefined, isOwn: true }

export class CoreWriter<T extends object, TKey extends Key> {
  readonly #collection: string
  readonly #codec: Codec
  readonly #params: SyncParams<T, TKey>
  readonly #events: WriterEvents<TKey>
  readonly #onDemand: RowsOnDemand | undefined

  constructor(
    collection: string,
    codec: Codec,
    params: SyncParams<T, TKey>,
    events: WriterEvents<TKey>,
    onDemand?: RowsOnDemand,
  ) {
    this.#collection = collection
    this.#codec = codec
    this.#params = params
    this.#events = events
    this.#onDemand = onDemand
  }

  /**
   * Writes what `work` hands over as one transaction of core. Resolves when it is visible: core holds it back while a
   * mutation persists.
   */
  transaction(work: () => void): SyncAppliedReceipt {
    const { begin, commit } = this.#params
    begin()
    try {
      work()
    } catch (error) {
      // Nobody is to see a part of it.
      commit(AbortSignal.abort())
      throw error
    }
    try {
      return commit()
    } catch (error) {
      // A listener threw, or a live query: the rows are there, and everything else goes on.
      this.#events.onListenerError(error)
      return true
    }
  }

  /** Rows that came by `initialData` or `hydrate`, and are not among these, go. */
  dropSeeds(stored: readonly StoredRow[]): void {
    this.#drop(new Set(seedKeys(this.#params.collection)), stored)
  }

  /** Rows that are in memory, and not among these, go. */
  dropOthers(stored: readonly StoredRow[]): void {
    this.#drop(new Set(Array.from(acceptedRows(this.#params.collection), ([key]) => key)), stored)
  }

  #drop(keys: Set<Key>, stored: readonly StoredRow[]): void {
    if (keys.size > 0) for (const { key } of stored) keys.delete(parseKey(key) as Key)
    for (const key of keys) this.#params.write({ type: 'delete', key: key as TKey })
  }

  /** Empties the collection, and leaves its status as it is. */
  clear(seq?: number): void {
    this.#params.truncate({ markReady: false })
    this.#onDemand?.touched(undefined, seq)
    this.#events.onCleared?.(false)
  }

  row(row: StoredRow): void {
    const read = this.read(row)
    if (read !== undefined) this.show(read.key, read)
  }

  /** Decodes a row; nothing where it cannot be read, and the daybook was told so. */
  read(row: StoredRow): (HeldRow & { readonly key: TKey }) | undefined {
    try {
      const key = parseKey(row.key) as TKey | undefined
      if (key === undefined) throw new TypeError('it is not a key')
      const metadata =
        row.metadata === null ? undefined : this.#codec.decodeTexts(row.metadata, row.metadata_notes)
      return { key, row: this.#codec.decodeTexts(row.value, row.notes) as object, metadata }
    } catch (cause) {
      this.#unreadableRow(row.key, cause)
      return undefined
    }
  }

  /** A row as the log has it. */
  show(key: TKey, { row, metadata }: HeldRow): void {
    this.#put(key, row as T)
    if (metadata !== undefined) this.#params.metadata?.row.set(key, metadata)
  }

  /** Metadata of the collection, decoded; without what cannot be read. */
  names(stored: readonly StoredState[]): Map<string, unknown> {
    const names = new Map<string, unknown>()
    for (const { name, value, notes } of stored) {
      try {
        names.set(JSON.parse(name) as string, this.#codec.decodeTexts(value, notes))
      } catch {
        // It is told when it is to be shown.
      }
    }
    return names
  }

  /** All metadata of the collection: what is not among it goes. */
  states(stored: readonly StoredState[]): void {
    const names = new Set(stored.map(({ name }) => JSON.parse(name) as string))
    for (const { key } of this.#params.metadata?.collection.list() ?? [])
      if (!names.has(key)) this.#setState(key, undefined)
    for (const state of stored) this.#state(state)
  }

  #state({ name: stored, value, notes }: StoredState): void {
    const name = JSON.parse(stored) as string
    try {
      this.#setState(name, this.#codec.decodeTexts(value, notes))
    } catch (cause) {
      this.#unreadableState(name, cause)
    }
  }

  op(stored: StoredOp, from: OpSource = MEMORY): void {
    switch (stored[0]) {
      case 'truncate':
        this.clear(from.seq)
        return
      case 'reset':
        this.#forget(from.seq)
        return
      case 'state':
        this.#stateOp(stored)
        return
      case 'claim':
      case 'schema':
      case 'redacted':
        // About who may write, or about what is gone, not about rows.
        return
      default:
        this.#rowOp(stored, from)
    }
  }

  #forget(seq: number | undefined): void {
    const { truncate, metadata } = this.#params
    truncate({ markReady: false })
    for (const { key } of metadata?.collection.list() ?? []) metadata?.collection.delete(key)
    this.#onDemand?.touched(undefined, seq)
    this.#events.onCleared?.(true)
  }

  #rowOp(stored: RowOp, { seq, isOwn }: OpSource): void {
    const key = stored[2] as TKey
    this.#onDemand?.touched(key, seq)
    try {
      if (stored[0] === 'delete') {
        this.#params.write({ type: 'delete', key })
        return
      }
      const value = this.#codec.decode(stored[3], stored[4])
      if (stored[0] === 'put') {
        if (isOwn || this.#isToBeThere(key, value as T)) this.#put(key, value as T)
      } else if (stored[0] === 'patch') this.#patch(key, value as object, stored[5] ?? [])
      else this.#meta(key, value)
    } catch (cause) {
      this.#unreadableRow(encodeKey(key), cause)
    }
  }

  #stateOp(stored: Extract<StoredOp, readonly ['state', ...unknown[]]>): void {
    try {
      this.#setState(stored[2], this.#codec.decode(stored[3], stored[4]))
    } catch (cause) {
      this.#unreadableState(stored[2], cause)
    }
  }

  #put(key: TKey, value: T): void {
    const isNew = acceptedRow(this.#params.collection, key) === undefined
    this.#params.write({ type: 'update', key, value } as Parameters<SyncParams<T, TKey>['write']>[0])
    this.#events.onRow?.(key, isNew)
  }

  #isToBeThere(key: TKey, value: T): boolean {
    return (
      this.#onDemand === undefined ||
      acceptedRow(this.#params.collection, key) !== undefined ||
      this.#onDemand.wants(key, value)
    )
  }

  #patch(key: TKey, fields: object, unset: readonly string[]): void {
    const row = this.#logged(key)
    if (row === undefined) {
      this.#onDemand?.patched(key)
      return
    }
    const patched = { ...row, ...fields }
    for (const name of unset) delete (patched as Record<string, unknown>)[name]
    this.#put(key, patched)
  }

  /** The row in memory, if it is the log's. On demand, a row that came by another way may be a different one on disk. */
  #logged(key: TKey): T | undefined {
    const { collection } = this.#params
    const isUnknown = this.#onDemand !== undefined && isSeed(collection, key)
    return isUnknown ? undefined : acceptedRow<T>(collection, key)
  }

  #meta(key: TKey, value: unknown): void {
    if (this.#logged(key) === undefined) return
    if (value === undefined) this.#params.metadata?.row.delete(key)
    else this.#params.metadata?.row.set(key, value)
  }

  #setState(name: string, value: unknown): void {
    if (value === undefined) this.#params.metadata?.collection.delete(name)
    else this.#params.metadata?.collection.set(name, value)
    this.#events.onState?.(name, value)
  }

  #unreadableRow(key: string, cause: unknown): void {
    const collection = this.#collection
    this.#events.onUnreadable(
      cause instanceof MissingCodecError
        ? new MissingCodecError(cause.codec, { collection, key })
        : new UnreadableRowError(collection, key, { cause }),
    )
  }

  #unreadableState(name: string, cause: unknown): void {
    const collection = this.#collection
    this.#events.onUnreadable(
      cause instanceof MissingCodecError
        ? new MissingCodecError(cause.codec, { collection, stateName: name })
        : new UnreadableStateError(collection, name, { cause }),
    )
  }
}
