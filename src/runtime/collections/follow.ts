/**
 * One run of one collection object: hydrate from rows, then follow the tail from exactly their position.
 *
 * Entries that arrive while the rows are being read wait; those at or before the rows' position are dropped, the others
 * applied in order. So no entry is lost or applied twice, and memory is always the fold of the log.
 */

import type { Position } from '../../errors.js'
import type { Entry } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Subset } from '../../materializer/subset/subset.js'
import type { Key } from '../../values/key.js'
import type { Internals } from '../daybook/internals.js'
import type { Follower } from '../daybook/tail.js'
import type { ReloadReason } from '../daybook/trace.js'
import type { Rows } from '../journal/journal.js'
import { showAccepted } from './accepted-keys.js'
import { acceptedRows, isSeed, type SyncParams, seedKeys } from './core-state.js'
import { CoreWriter, type RowsOnDemand, type WriterEvents } from './core-writer.js'
import { type HeldRow, type HeldRows, NOTHING_HELD } from './held-rows.js'
import { hasOneOf } from './keys-on-disk.js'
import type { MutatedCollection } from './mutations.js'
import type { CollectionSchema } from './schema/migration.js'
import { queryAtVersion, schemaOf, versionAfter } from './schema/schema-version.js'

/** How many rows are written in one turn where others are to have theirs. */
const AT_A_TIME = 500

interface Arrived {
  readonly ops: readonly StoredOp[]
  readonly entry: Entry
}

/** What is on disk of a collection. */
export interface ReadRows {
  /** Its metadata. */
  readonly names: ReadonlyMap<string, unknown>
  /** It has rows and no metadata. */
  readonly hasOnlyRows: () => Promise<boolean>
}

export interface FollowEvents<TKey extends Key>
  extends Omit<WriterEvents<TKey>, 'onUnreadable' | 'onListenerError'> {
  /** Called before the rows are read for the first time, when no entry can be missed any more; the reading waits for it. */
  readonly beforeLoading?: () => Promise<void>
  /**
   * Whether rows that were read are to be shown. Where they are not, nothing of them is, nor of what comes, before an entry
   * drops them.
   *
   * @throws what is wrong with them; the run is over then
   */
  readonly accepts?: (rows: ReadRows) => Promise<boolean>
  /** The rows on disk are in memory. */
  readonly onReady: () => void
  /** The rows were read again. */
  readonly onReloaded?: () => void
  /** The rows cannot be read; the run is over. */
  readonly onError: (error: unknown) => void
  /** For an entry whose changes are in memory already: what of it is not. `undefined` for any other. */
  readonly leftOf?: (entry: Entry) => readonly StoredOp[] | undefined
  /** Inside the transaction that changed the base: what is in memory only goes on top of it again. */
  readonly onBaseChanged?: () => void
}

/** What loads rows by subset. */
export interface LoadsOnDemand extends RowsOnDemand {
  /** Entries up to `seq` were missed: what was loaded, or is being loaded, is to be loaded again. */
  reload(seq: number): void
}

export interface FollowOptions {
  /** Rows are loaded by subset: the run begins with metadata only. */
  readonly onDemand?: LoadsOnDemand | undefined
  /**
   * What becomes of rows that are in memory before the first are read (`initialData`, `hydrate`): they `go` unless the log has
   * them, they are `first` and the rows on disk wait behind them until they are released, or they `stay` (default).
   */
  readonly seeds?: 'go' | 'first' | 'stay'
}

export class FollowingCollection<T extends object, TKey extends Key> implements Follower {
  readonly collection: string
  /** Rows are loaded by subset: one that is on disk need not be in memory. */
  get isOnDemand(): boolean {
    return this.#onDemand !== undefined
  }
  readonly #onDemand: LoadsOnDemand | undefined
  readonly #seeds: 'go' | 'first' | 'stay'
  /** The rows on disk are not this collection's. */
  #isForeign = false
  /** Rows on disk that are not shown yet. */
  #held: Map<Key, HeldRow> | undefined
  readonly #internals: Internals
  readonly #events: FollowEvents<TKey>
  readonly #schema: CollectionSchema
  readonly #params: SyncParams<T, TKey>
  readonly writer: CoreWriter<T, TKey>
  /** The position that memory is at; unknown while rows are read. */
  #at: Position | undefined
  /** The schema version at that position; lower than the app's only where there are no rows. */
  #version = 1
  #arrived: Arrived[] = []
  #stopped = false
  #loaded: Promise<void>

  constructor(
    collection: string,
    internals: Internals,
    params: SyncParams<T, TKey>,
    events: FollowEvents<TKey>,
    { onDemand, seeds = 'stay' }: FollowOptions = {},
  ) {
    this.collection = collection
    this.#onDemand = onDemand
    this.#seeds = seeds
    this.#internals = internals
    this.#events = events
    this.#schema = { ...schemaOf(params.collection as unknown as MutatedCollection), collection }
    this.#params = params
    this.writer = new CoreWriter(
      collection,
      internals.codec,
      params,
      { ...events, onUnreadable: internals.events.report, onListenerError: internals.events.report },
      onDemand,
    )
    showAccepted(params.collection)
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

  /** The position that memory is at; unknown while rows are read. */
  get position(): Position | undefined {
    return this.#at
  }

  /** The run is over; what is in memory says nothing any more. */
  get isStopped(): boolean {
    return this.#stopped
  }

  /** Rows on disk that wait behind those that came by another way. */
  get held(): HeldRows {
    return this.#held ?? NOTHING_HELD
  }

  /**
   * Shows the rows that wait, in the open transaction of core, except those that it has changed. `over`: also where the
   * collection has a row that came by another way; the log decides. Otherwise those wait on.
   */
  release(isChanged: (key: Key) => boolean, { over }: { readonly over: boolean }): void {
    const held = this.#held
    this.#held = undefined
    const waiting = new Map<Key, HeldRow>()
    for (const [key, row] of held ?? []) {
      if (isChanged(key)) continue
      if (over || !isSeed(this.#params.collection, key)) this.writer.show(key as TKey, row)
      else waiting.set(key, row)
    }
    if (waiting.size > 0) this.#held = waiting
  }

  /** The same in a transaction of its own. */
  releaseAll(options: { readonly over: boolean }): void {
    if (this.#held === undefined || this.#stopped) return
    this.writer.transaction(() => this.release(() => false, options))
  }

  stop(): void {
    this.#stopped = true
    this.#arrived = []
    this.#internals.tail.unfollow(this)
  }

  apply(ops: readonly StoredOp[], entry: Entry): void {
    if (this.#stopped) return
    if (this.#at === undefined) this.#arrived.push({ ops, entry })
    else if (entry.position.seq > this.#at.seq) this.#applyEntry({ ops, entry })
  }

  reload(reason: ReloadReason = 'trimmed'): void {
    const { collection } = this
    const { events, counters } = this.#internals
    counters.reloads++
    events.trace?.({ type: 'reload', collection, reason })
    this.#at = undefined
    this.#loaded = this.#load(() => this.#read(true))
  }

  #load(rows: () => Promise<void>): Promise<void> {
    const loaded = rows().catch((error: unknown) => {
      this.fail(error)
      throw error
    })
    // Whoever waits for it sees the failure; the collection's own state shows it to everybody else.
    loaded.catch(() => undefined)
    return loaded
  }

  async #begin(): Promise<void> {
    await this.#internals.tail.follow(this)
    await this.#events.beforeLoading?.()
    await this.#read(false)
    if (!this.#stopped) this.#events.onReady()
  }

  fail(error: unknown): void {
    if (this.#stopped) return
    this.stop()
    this.#events.onError(error)
  }

  async #read(replace: boolean): Promise<void> {
    if (this.#stopped) return
    const { journal } = this.#internals
    const isReload = replace && this.isOnDemand
    const found = await queryAtVersion(this.#internals, this.#schema, () =>
      journal.query(this.collection, this.#subset(replace)),
    )
    this.#isForeign = (await this.#accepts(found)) === false
    if (this.#isForeign) {
      this.#goOnFrom(found)
      return
    }
    const holds = !replace && this.#seeds === 'first' && seedKeys(this.#params.collection).length > 0
    if (holds) this.#hold(found.rows)
    else this.#held = undefined
    const rows = replace ? found.rows : holds ? [] : await this.#write(found.rows)
    if (this.#stopped) return
    this.writer.transaction(() => {
      // Live queries over subsets would load all of theirs again if the collection were emptied.
      if (isReload) this.writer.dropOthers(found.rows)
      else if (replace) this.writer.clear()
      else if (this.#seeds === 'go') this.writer.dropSeeds(found.rows)
      for (const row of rows) this.writer.row(row)
      this.writer.states(found.state)
      if (replace) this.#events.onBaseChanged?.()
    })
    this.#goOnFrom(found)
    if (replace) this.#events.onReloaded?.()
    if (isReload) this.#onDemand?.reload(found.at.seq)
  }

  async #accepts({ rows, state }: Rows): Promise<boolean> {
    const { accepts } = this.#events
    if (accepts === undefined) return true
    const { journal } = this.#internals
    const hasOnlyRows = async (): Promise<boolean> => {
      if (state.length > 0) return false
      // Of rows that are loaded by subset none was read yet.
      const read = this.isOnDemand ? await journal.query(this.collection, { limit: 1 }) : { rows, state }
      return read.rows.length > 0 && read.state.length === 0
    }
    return accepts({ names: this.writer.names(state), hasOnlyRows })
  }

  #goOnFrom({ at, schemaVersion }: Rows): void {
    this.#at = at
    this.#version = schemaVersion
    for (const { ops, entry } of this.#arrived.splice(0)) this.apply(ops, entry)
  }

  #hold(rows: Rows['rows']): void {
    this.#held = new Map()
    for (const stored of rows) {
      const read = this.writer.read(stored)
      if (read !== undefined) this.#held.set(read.key, read)
    }
  }

  // Of a collection that loads its rows by subset, those that are in memory: at first, seeds that may be in the log.
  #subset(replace: boolean): Subset | undefined {
    if (!this.isOnDemand) return undefined
    const { collection } = this.#params
    const inMemory = replace
      ? Array.from(acceptedRows(collection), ([key]) => key)
      : this.#seeds === 'go'
        ? seedKeys(collection)
        : []
    return inMemory.length > 0 ? { where: hasOneOf(inMemory) } : { limit: 0 }
  }

  // Nobody sees the rows before all are there, so they can be written a few at a time. Answers with those that are left.
  async #write(rows: Rows['rows']): Promise<Rows['rows']> {
    const { breathe } = this.#internals
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

  #applyEntry({ ops: all, entry }: Arrived): void {
    const { schemaVersion: wanted } = this.#schema
    const ops = this.#isForeign ? fromReset(all) : all
    if (ops.length > 0) this.#isForeign = false
    if (entry.kind !== 'tx') this.#version = versionAfter(this.#version, ops)
    // A newer app has migrated the rows, which ends this run; or an older one has written the first of them, and they are
    // to be migrated before anybody sees them.
    if (this.#version > wanted || (this.#version < wanted && ops.some(([name]) => name === 'put'))) {
      this.reload('migration')
      return
    }
    const left = this.#events.leftOf?.(entry)
    if (left === undefined || left.length > 0) {
      // Another context goes on from the rows on disk.
      if (left === undefined && ops.some(isAboutRows)) this.releaseAll({ over: true })
      this.writer.transaction(() => {
        const from = { seq: entry.position.seq, isOwn: entry.origin === this.#internals.origin }
        for (const op of left ?? ops) this.writer.op(op, from)
        if (left === undefined) this.#events.onBaseChanged?.()
      })
    }
    this.#at = entry.position
  }
}

/** What an entry says from where it drops everything on. */
function fromReset(ops: readonly StoredOp[]): readonly StoredOp[] {
  const at = ops.findIndex(([name]) => name === 'reset')
  return at === -1 ? [] : ops.slice(at)
}

const isAboutRows = ([name]: StoredOp): boolean => !['claim', 'state', 'schema', 'redacted'].includes(name)

// The latest run of each collection object: two objects made from the same options have runs of their own.
const runs = new WeakMap<object, FollowingCollection<object, Key>>()

/** The latest run of a collection object, also when it was cleaned up since. */
export const runOf = (collection: object): FollowingCollection<object, Key> | undefined =>
  runs.get(collection)
