/**
 * Hands stored rows and ops to core's sync calls: what the log says becomes what the collection shows.
 *
 * Core merges by `rowUpdateMode`; persisted collections always run in `full` mode, in which core takes an update of an
 * unknown key as an insert, and an update never collides.
 */

import { UnreadableRowError, UnreadableStateError } from '../../errors.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { RowOp } from '../../materializer/fold.js'
import type { StoredState } from '../../materializer/state.js'
import type { StoredRow } from '../../materializer/tables.js'
import { encodeKey, type Key, parseKey } from '../../values/key.js'
import type { Json, Note } from '../../values/value.js'
import type { Codec } from '../daybook/codec.js'
import { acceptedRow, type SyncParams } from './core-state.js'

/** Told what the log says besides rows that core shows. */
export interface WriterEvents<TKey extends Key> {
  /** A value that this runtime cannot read. One unreadable row never hides the others. */
  readonly onUnreadable: (error: UnreadableRowError | UnreadableStateError) => void
  /** Metadata of the collection; `undefined` when it was cleared. */
  readonly onState?: (name: string, value: unknown) => void
  /** The row is now what the log says. */
  readonly onRow?: (key: TKey) => void
  /** The row was changed or deleted. */
  readonly onTouched?: (key: TKey) => void
  /** All rows went; after a reset, all metadata as well. */
  readonly onCleared?: (reset: boolean) => void
}

export class CoreWriter<T extends object, TKey extends Key> {
  readonly #collection: string
  readonly #codec: Codec
  readonly #params: SyncParams<T, TKey>
  readonly #events: WriterEvents<TKey>

  constructor(collection: string, codec: Codec, params: SyncParams<T, TKey>, events: WriterEvents<TKey>) {
    this.#collection = collection
    this.#codec = codec
    this.#params = params
    this.#events = events
  }

  /** Writes what `work` hands over as one transaction of core. */
  transaction(work: () => void): void {
    this.#params.begin()
    work()
    this.#params.commit()
  }

  /** Empties the collection, and leaves its status as it is. */
  clear(): void {
    this.#params.truncate({ markReady: false })
    this.#events.onCleared?.(false)
  }

  row(row: StoredRow): void {
    try {
      const key = parseKey(row.key) as TKey | undefined
      if (key === undefined) throw new TypeError('it is not a key')
      this.#put(key, this.#parsed(row.value, row.notes) as T)
      if (row.metadata !== null) {
        this.#params.metadata?.row.set(key, this.#parsed(row.metadata, row.metadata_notes))
      }
    } catch (cause) {
      this.#unreadableRow(row.key, cause)
    }
  }

  state({ name: stored, value, notes }: StoredState): void {
    const name = JSON.parse(stored) as string
    try {
      this.#setState(name, this.#parsed(value, notes))
    } catch (cause) {
      this.#unreadableState(name, cause)
    }
  }

  op(stored: StoredOp): void {
    switch (stored[0]) {
      case 'truncate':
        this.clear()
        return
      case 'reset':
        this.#forget()
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
        this.#rowOp(stored)
    }
  }

  #forget(): void {
    const { truncate, metadata } = this.#params
    truncate({ markReady: false })
    for (const { key } of metadata?.collection.list() ?? []) metadata?.collection.delete(key)
    this.#events.onCleared?.(true)
  }

  #rowOp(stored: RowOp): void {
    const key = stored[2] as TKey
    this.#events.onTouched?.(key)
    try {
      if (stored[0] === 'delete') {
        this.#params.write({ type: 'delete', key })
        return
      }
      const value = this.#codec.decode(stored[3], stored[4])
      if (stored[0] === 'put') this.#put(key, value as T)
      else if (stored[0] === 'patch') this.#patch(key, value as object, stored[5] ?? [])
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
    this.#params.write({ type: 'update', key, value } as Parameters<SyncParams<T, TKey>['write']>[0])
    this.#events.onRow?.(key)
  }

  #patch(key: TKey, fields: object, unset: readonly string[]): void {
    const row = acceptedRow<T>(this.#params.collection, key)
    if (row === undefined) return
    const patched = { ...row, ...fields }
    for (const name of unset) delete (patched as Record<string, unknown>)[name]
    this.#put(key, patched)
  }

  #meta(key: TKey, value: unknown): void {
    if (acceptedRow(this.#params.collection, key) === undefined) return
    if (value === undefined) this.#params.metadata?.row.delete(key)
    else this.#params.metadata?.row.set(key, value)
  }

  #setState(name: string, value: unknown): void {
    if (value === undefined) this.#params.metadata?.collection.delete(name)
    else this.#params.metadata?.collection.set(name, value)
    this.#events.onState?.(name, value)
  }

  #unreadableRow(key: string, cause: unknown): void {
    this.#events.onUnreadable(new UnreadableRowError(this.#collection, key, { cause }))
  }

  #unreadableState(name: string, cause: unknown): void {
    this.#events.onUnreadable(new UnreadableStateError(this.#collection, name, { cause }))
  }

  #parsed(value: string, notes: string | null): unknown {
    return this.#codec.decode(
      JSON.parse(value) as Json,
      notes === null ? null : (JSON.parse(notes) as Note[]),
    )
  }
}
