/**
 * One run of one collection object: hydrate from rows, then follow the tail from exactly their position.
 *
 * Entries that arrive while the rows are being read wait; those at or before the rows' position are dropped, the others
 * applied in order. So no entry is lost or applied twice, and memory is always the fold of the log.
 */

import type { SyncConfig } from '@tanstack/db'
import { type Position, UnreadableRowError } from '../../errors.js'
import { decodeOp } from '../../log/op.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { StoredRow } from '../../materializer/tables.js'
import { decodeKey, encodeKey, type Key } from '../../values/key.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'
import type { Persistence } from '../persistence.js'
import type { Follower } from '../tail.js'

export type SyncParams<T extends object, TKey extends Key> = Parameters<SyncConfig<T, TKey>['sync']>[0]

interface Arrived {
  readonly ops: readonly StoredOp[]
  readonly position: Position
}

/** What becomes of the first load. */
export interface FollowEvents {
  readonly onReady: () => void
  readonly onError: (error: unknown) => void
}

export class FollowingCollection<T extends object, TKey extends Key> implements Follower {
  readonly collection: string
  readonly #persistence: Persistence
  readonly #params: SyncParams<T, TKey>
  readonly #events: FollowEvents
  /** The position that memory is at; unknown while rows are read. */
  #at: Position | undefined
  #arrived: Arrived[] = []
  /** Keys that somebody wants to insert before the rows are known, and which of them the rows have. */
  readonly #asked = new Set<Key>()
  readonly #onDisk = new Set<Key>()
  #stopped = false
  #loaded: Promise<void>

  constructor(
    collection: string,
    persistence: Persistence,
    params: SyncParams<T, TKey>,
    events: FollowEvents,
  ) {
    this.collection = collection
    this.#persistence = persistence
    this.#params = params
    this.#events = events
    runs.set(params.collection, this as unknown as FollowingCollection<object, Key>)
    this.#loaded = this.#load(() => this.#begin())
  }

  /** Settles when the rows on disk have been handed to the collection. */
  get loaded(): Promise<void> {
    return this.#loaded
  }

  /** The rows are not known yet; that stays true when the collection is cleaned up before they are. */
  get isLoading(): boolean {
    return this.#at === undefined
  }

  /** Whether the rows that are being loaded have this key. */
  async isOnDisk(key: Key): Promise<boolean> {
    this.#asked.add(key)
    await this.#loaded
    return this.#onDisk.has(key)
  }

  stop(): void {
    this.#stopped = true
    this.#arrived = []
    this.#persistence.tail.unfollow(this)
  }

  apply(ops: readonly StoredOp[], position: Position): void {
    if (this.#at === undefined) this.#arrived.push({ ops, position })
    else if (position.seq > this.#at.seq) this.#applyEntry({ ops, position })
  }

  reload(): void {
    this.#at = undefined
    this.#loaded = this.#load(() => this.#read(true))
  }

  #load(rows: () => Promise<void>): Promise<void> {
    const loaded = rows().catch((error: unknown) => {
      this.#fail(error)
      throw error
    })
    // Whoever waits for it sees the failure; the collection's own state shows it to everybody else.
    loaded.catch(() => undefined)
    return loaded
  }

  async #begin(): Promise<void> {
    await this.#persistence.tail.follow(this)
    await this.#read(false)
    if (!this.#stopped) this.#events.onReady()
  }

  #fail(error: unknown): void {
    if (this.#stopped) return
    this.stop()
    this.#events.onError(error)
  }

  async #read(replace: boolean): Promise<void> {
    // A question that was asked is answered, even if the collection is not wanted any more.
    if (this.#stopped && this.#asked.size === 0) return
    const { rows, at } = await this.#persistence.journal.query(this.collection)
    if (this.#asked.size > 0) this.#answer(rows)
    if (this.#stopped) return
    const { begin, commit, truncate } = this.#params
    begin()
    if (replace) truncate()
    for (const row of rows) this.#writeRow(row)
    commit()
    this.#at = at
    for (const arrived of this.#arrived.splice(0)) this.apply(arrived.ops, arrived.position)
  }

  #answer(rows: readonly StoredRow[]): void {
    const wanted = new Set(Array.from(this.#asked, encodeKey))
    for (const row of rows) {
      if (wanted.has(row.key)) this.#onDisk.add(decodeKey(row.key))
    }
    this.#asked.clear()
  }

  #writeRow(row: StoredRow): void {
    try {
      const key = decodeKey(row.key) as TKey
      const notes = row.notes === null ? undefined : (JSON.parse(row.notes) as Note[])
      this.#put(key, decodeValue(JSON.parse(row.value) as Json, notes) as T)
    } catch (cause) {
      // One unreadable row never hides the others.
      this.#persistence.report(new UnreadableRowError(this.collection, row.key, { cause }))
    }
  }

  #applyEntry({ ops, position }: Arrived): void {
    const { begin, commit } = this.#params
    begin()
    for (const op of ops) this.#applyOp(op)
    commit()
    this.#at = position
  }

  #applyOp(stored: StoredOp): void {
    if (stored[0] === 'truncate' || stored[0] === 'reset') {
      this.#params.truncate()
      return
    }
    if (stored[0] === 'meta' || stored[0] === 'state' || stored[0] === 'claim' || stored[0] === 'schema')
      return
    const key = stored[2] as TKey
    try {
      const op = decodeOp(stored)
      if (op.op === 'put') this.#put(key, op.value as T)
      else if (op.op === 'delete') this.#params.write({ type: 'delete', key })
      else if (op.op === 'patch') this.#patch(key, op.fields, op.unset ?? [])
    } catch (cause) {
      this.#persistence.report(new UnreadableRowError(this.collection, encodeKey(key), { cause }))
    }
  }

  // In `full` mode core takes an update of an unknown key as an insert, and an update never collides.
  #put(key: TKey, value: T): void {
    this.#params.write({ type: 'update', key, value } as Parameters<SyncParams<T, TKey>['write']>[0])
  }

  #patch(key: TKey, fields: object, unset: readonly string[]): void {
    const row = acceptedRow<T>(this.#params.collection, key)
    if (row === undefined) return
    const patched = { ...row, ...fields }
    for (const name of unset) delete (patched as Record<string, unknown>)[name]
    this.#put(key, patched)
  }
}

// The latest run of each collection object: two objects made from the same options have runs of their own.
const runs = new WeakMap<object, FollowingCollection<object, Key>>()

/** The latest run of a collection object, also when it was cleaned up since. */
export const runOf = (collection: object): FollowingCollection<object, Key> | undefined =>
  runs.get(collection)

/** The row once everything that sync has handed over is visible; core holds it back while a mutation persists. */
export const acceptedRow = <T extends object>(collection: object, key: Key): T | undefined =>
  (collection as SyncParams<T, Key>['collection'])._state.getAcceptedSyncedRow(key)
