/**
 * One run of one collection object: hydrate from rows, then follow the tail from exactly their position.
 *
 * Entries that arrive while the rows are being read wait; those at or before the rows' position are dropped, the others
 * applied in order. So no entry is lost or applied twice, and memory is always the fold of the log.
 */

import type { Position } from '../../errors.js'
import type { Entry } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Rows } from '../../materializer/query.js'
import type { Expression } from '../../materializer/subset/subset.js'
import { encodeKey, type Key, parseKey } from '../../values/key.js'
import type { Persistence } from '../persistence.js'
import type { Follower } from '../tail.js'
import type { ReloadReason } from '../trace.js'
import { CoreWriter, type SyncParams, type WriterEvents } from './core-writer.js'
import type { CollectionSchema } from './migration.js'
import type { MutatedCollection } from './mutations.js'
import { queryAtVersion, schemaOf, versionAfter } from './schema-version.js'

/** How many rows are written in one turn where others are to have theirs. */
const AT_A_TIME = 500

interface Arrived {
  readonly ops: readonly StoredOp[]
  readonly entry: Entry
}

export interface FollowEvents<TKey extends Key> extends Omit<WriterEvents<TKey>, 'onUnreadable'> {
  /** The rows on disk are in memory. */
  readonly onReady: () => void
  /** The rows cannot be read; the run is over. */
  readonly onError: (error: unknown) => void
  /** Whether an entry is one whose changes are in memory already. */
  readonly isApplied?: (entry: Entry) => boolean
  /** Inside the transaction that changed the base: what is in memory only goes on top of it again. */
  readonly onBaseChanged?: () => void
}

export interface FollowOptions {
  /** Rows are loaded by subset: the run begins with metadata only. */
  readonly onDemand?: boolean
}

export class FollowingCollection<T extends object, TKey extends Key> implements Follower {
  readonly collection: string
  readonly #persistence: Persistence
  readonly #events: FollowEvents<TKey>
  readonly #onDemand: boolean
  readonly #schema: CollectionSchema
  readonly writer: CoreWriter<T, TKey>
  /** The position that memory is at; unknown while rows are read. */
  #at: Position | undefined
  /** The schema version at that position; lower than the app's only where there are no rows. */
  #version = 1
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
    events: FollowEvents<TKey>,
    { onDemand = false }: FollowOptions = {},
  ) {
    this.collection = collection
    this.#persistence = persistence
    this.#events = events
    this.#onDemand = onDemand
    this.#schema = { ...schemaOf(params.collection as unknown as MutatedCollection), collection }
    this.writer = new CoreWriter(collection, persistence.codec, params, {
      ...events,
      onUnreadable: (cause, errorOf) => {
        const { later } = persistence
        later.load().then(
          (code) => persistence.report(errorOf(code)),
          () => persistence.report(cause),
        )
      },
    })
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

  /** Whether a row can be on disk without being in memory. */
  get mayMissRows(): boolean {
    return this.isLoading || this.#onDemand
  }

  /** Whether the rows on disk have this key; for rows that are not in memory. */
  async isOnDisk(key: Key): Promise<boolean> {
    if (this.#onDemand) {
      await this.#loaded
      const { rows } = await this.#persistence.journal.query(this.collection, { where: hasKey(key) })
      return rows.length > 0
    }
    this.#asked.add(key)
    await this.#loaded
    return this.#onDisk.has(key)
  }

  stop(): void {
    this.#stopped = true
    this.#arrived = []
    this.#persistence.tail.unfollow(this)
  }

  apply(ops: readonly StoredOp[], entry: Entry): void {
    if (this.#stopped) return
    if (this.#at === undefined) this.#arrived.push({ ops, entry })
    else if (entry.position.seq > this.#at.seq) this.#applyEntry({ ops, entry })
  }

  reload(reason: ReloadReason = 'trimmed'): void {
    const { collection } = this
    const { trace, counters } = this.#persistence
    counters.reloads++
    trace?.({ type: 'reload', collection, reason })
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
    const { journal, codec } = this.#persistence
    const subset = this.#onDemand ? { limit: 0 } : undefined
    const found = await queryAtVersion(this.#persistence, this.#schema, () =>
      journal.query(this.collection, subset),
    )
    if (this.#asked.size > 0) this.#answer(found)
    if (!codec.canRead(found.rows) || !codec.canRead(found.state)) await this.#persistence.later.load()
    const rows = replace ? found.rows : await this.#write(found.rows)
    if (this.#stopped) return
    this.writer.transaction(() => {
      if (replace) this.writer.clear()
      for (const row of rows) this.writer.row(row)
      for (const state of found.state) this.writer.state(state)
      if (replace) this.#events.onBaseChanged?.()
    })
    this.#at = found.at
    this.#version = found.schemaVersion
    for (const { ops, entry } of this.#arrived.splice(0)) this.apply(ops, entry)
  }

  // Nobody sees the rows before all are there, so they can be written a few at a time. Answers with those that are left.
  async #write(rows: Rows['rows']): Promise<Rows['rows']> {
    const { breathe } = this.#persistence
    if (breathe === undefined) return rows
    let from = 0
    for (; rows.length - from > AT_A_TIME && !this.#stopped; from += AT_A_TIME) {
      this.writer.transaction(() => {
        for (const row of rows.slice(from, from + AT_A_TIME)) this.writer.row(row)
      })
      await breathe()
    }
    return rows.slice(from)
  }

  #answer({ rows }: Rows): void {
    const wanted = new Set(Array.from(this.#asked, encodeKey))
    for (const row of rows) {
      if (wanted.has(row.key)) this.#onDisk.add(parseKey(row.key) as Key)
    }
    this.#asked.clear()
  }

  #applyEntry({ ops, entry }: Arrived): void {
    const { schemaVersion: wanted } = this.#schema
    if (entry.kind !== 'tx') this.#version = versionAfter(this.#version, ops)
    // A newer app has migrated the rows, which ends this run; or an older one has written the first of them, and they are
    // to be migrated before anybody sees them.
    if (this.#version > wanted || (this.#version < wanted && ops.some(([name]) => name === 'put'))) {
      this.reload('migration')
      return
    }
    if (this.#events.isApplied?.(entry) !== true) {
      // Happens at most once: then the code is there.
      if (!this.#persistence.codec.canReadOps(ops)) {
        this.reload('code')
        return
      }
      this.writer.transaction(() => {
        for (const op of ops) this.writer.op(op)
        this.#events.onBaseChanged?.()
      })
    }
    this.#at = entry.position
  }
}

const hasKey = (key: Key): Expression => ({
  type: 'func',
  name: 'eq',
  args: [
    { type: 'ref', path: ['$key'] },
    { type: 'val', value: key },
  ],
})

// The latest run of each collection object: two objects made from the same options have runs of their own.
const runs = new WeakMap<object, FollowingCollection<object, Key>>()

/** The latest run of a collection object, also when it was cleaned up since. */
export const runOf = (collection: object): FollowingCollection<object, Key> | undefined =>
  runs.get(collection)
