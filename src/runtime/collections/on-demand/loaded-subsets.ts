/**
 * The subsets that live queries want of a collection: loaded from disk, and kept complete while the log goes on.
 *
 * Memory follows the tail for every row that it has. A row that it does not have is handed to core when it belongs to one
 * of the subsets, whoever changed it: a put says what the row is, of a patch the row is read. While something is read,
 * whatever an entry touches is noted: what was read of those rows may be old by then.
 */

import { deepEquals, type LoadSubsetOptions, type SyncAppliedReceipt } from '@tanstack/db'
import { BusyError } from '../../../errors.js'
import { asSeen, type Seen } from '../../../materializer/subset/exact.js'
import type { Subset } from '../../../materializer/subset/subset.js'
import type { StoredRow } from '../../../materializer/tables.js'
import { NO_CODECS } from '../../../values/codecs.js'
import { decodeKey } from '../../../values/decode-key.js'
import type { Key } from '../../../values/key.js'
import { pause } from '../../clock.js'
import type { Internals } from '../../daybook/internals.js'
import { acceptedRow, hasHeld, isSeed, type SyncParams } from '../core-state.js'
import type { FollowingCollection, LoadsOnDemand } from '../follow.js'
import { hasOneOf } from '../keys-on-disk.js'
import { askableSubset } from './askable-subset.js'
import { SubsetRequest } from './subset-request.js'

/** How often a busy database is asked again, and how long after, in ms. */
const TRIES = 5
const AGAIN = 100

export interface LoadedSubsetsOptions {
  readonly id: string
  readonly internals: Internals
  readonly core: SyncParams<object, Key>
  readonly following: () => FollowingCollection<object, Key>
  /** Rows that memory knows better than the disk, because what a source said of them is not kept yet. */
  readonly newer: () => NewerRows
}

export interface NewerRows {
  readonly keys: ReadonlySet<Key>
  /** Every row, because all went. */
  readonly all: boolean
}

export const NOT_NEWER: NewerRows = { keys: new Set(), all: false }

/** Something that is being read, and what changed meanwhile. */
class Reading {
  /** The last entry that changed a row; nothing counts as an entry that is still to come. */
  readonly #touched = new Map<Key, number>()
  #allTouched = 0
  /** The rows are as of here. */
  at = 0

  touched(key: Key | undefined, seq: number): void {
    if (key === undefined) this.#allTouched = seq
    else this.#touched.set(key, seq)
  }

  /** All rows have gone since, or may have changed. */
  get isGone(): boolean {
    return this.#allTouched > this.at
  }

  /** Whether what was read of a row is older than what memory was told of it. */
  isOld(key: Key): boolean {
    return (this.#touched.get(key) ?? 0) > this.at
  }
}

export class LoadedSubsets implements LoadsOnDemand {
  readonly #options: LoadedSubsetsOptions
  readonly #requests = new Set<SubsetRequest>()
  readonly #readings = new Set<Reading>()
  /** Rows that are not shown although they are on disk, until an entry or the source names them again. */
  readonly hidden = new Map<Key, object>()
  /** Rows that were patched without being in memory as the log has them. */
  #patched = new Set<Key>()
  #isFetching = false
  #isStopped = false

  constructor(options: LoadedSubsetsOptions) {
    this.#options = options
  }

  /** A row, or all of them, changed: by an entry, or in memory only. */
  touched(key?: Key, seq = Number.POSITIVE_INFINITY): void {
    for (const reading of this.#readings) reading.touched(key, seq)
    if (key === undefined) this.hidden.clear()
    else this.hidden.delete(key)
  }

  /** Whether a row that is not in memory is to be there. */
  wants(key: Key, value: object): boolean {
    if (this.#requests.size === 0) return false
    const row = asSeen({ ...value }, key, this.#options.id)
    for (const request of this.#requests) if (request.has(row)) return true
    return false
  }

  /** A row that is not in memory as the log has it was patched: it may belong to a subset now. */
  patched(key: Key): void {
    if (this.#isStopped) return
    const isWanted = this.#requests.size > 0 || isSeed(this.#options.core.collection, key)
    if (!isWanted) return
    this.#patched.add(key)
    if (!this.#isFetching) void this.#fetchPatched()
  }

  /** Wants a subset from now on. */
  want(options: LoadSubsetOptions): SubsetRequest {
    const request = new SubsetRequest(options, this.#options.internals.codec.codecs)
    this.#requests.add(request)
    return request
  }

  /** Whether all rows of a wanted subset are in memory and shown, so that nothing is to be loaded. */
  has(request: SubsetRequest): boolean {
    // To answer at once is safe only for requests that are no pages: core would go round in circles.
    if (!request.isWhole || this.#isFetching || hasHeld(this.#options.core.collection)) return false
    for (const other of this.#requests) {
      if (!other.isAnswered || !other.isWhole || !deepEquals(other.subset, request.subset)) continue
      request.answered([])
      return true
    }
    return false
  }

  /**
   * Brings the rows of a wanted subset that are on disk into memory. Resolves when they are shown, or it is given up; those
   * that nobody here looks at need not be shown, for as long as a mutation persists.
   */
  async load(request: SubsetRequest, isLookedAt = true): Promise<void> {
    await this.#options.following().loaded
    for (;;) {
      if (this.#isGivenUp(request)) return
      const receipt = await this.#loadOnce(request)
      if (receipt === undefined) continue
      if (receipt !== true && isLookedAt) await receipt
      return
    }
  }

  /** Nobody wants the subset any more. */
  unload(options: LoadSubsetOptions): void {
    // Core unloads with what it loaded with.
    for (const request of this.#requests) if (request.options === options) this.#requests.delete(request)
  }

  /** Loads all wanted subsets again: entries up to `seq` were missed. What was read before them is old. */
  reload(seq: number): void {
    const { internals } = this.#options
    for (const reading of this.#readings) reading.touched(undefined, seq)
    for (const request of this.#requests) this.load(request).catch(internals.events.report)
  }

  stop(): void {
    this.#isStopped = true
    this.#requests.clear()
  }

  #isGivenUp(request: SubsetRequest): boolean {
    return this.#isStopped || request.options.signal?.aborted === true || !this.#requests.has(request)
  }

  /** Nothing when what was read is old by now, so that it has to be read again. */
  async #loadOnce(request: SubsetRequest): Promise<SyncAppliedReceipt | undefined> {
    const { subset } = request
    const newer = this.#options.newer()
    if (newer.all) {
      request.answered([])
      return true
    }
    const isPage = subset.limit !== undefined
    // A row whose change is not on disk yet may stand in the answer where another one belongs.
    const asked = isPage ? { ...subset, limit: (subset.limit as number) + newer.keys.size } : subset
    return this.#read(asked, (rows, reading) => {
      if (this.#isGivenUp(request)) return true
      const isOld = (row: StoredRow): boolean => reading.isOld(decodeKey(row.key))
      if (reading.isGone || (isPage && rows.some(isOld))) return undefined
      request.answered(rows.flatMap((row) => this.#seen(row)))
      // Without the app's codecs, the journal has answered with every row that may be meant.
      const isMeant = (row: StoredRow): boolean => this.#seen(row).every((each) => request.has(each))
      const isSure = this.#options.internals.codec.codecs === NO_CODECS
      return this.#hand(isSure ? rows : rows.filter(isMeant), reading)
    })
  }

  async #fetchPatched(): Promise<void> {
    this.#isFetching = true
    const { internals } = this.#options
    try {
      while (this.#patched.size > 0 && !this.#isStopped) {
        const keys = this.#patched
        this.#patched = new Set()
        await this.#read({ where: hasOneOf([...keys]) }, (rows, reading) => {
          if (this.#isStopped) return
          // What was touched meanwhile is read again.
          for (const key of keys) if (reading.isGone || reading.isOld(key)) this.#patched.add(key)
          const wanted = rows.filter(
            (row) => this.#isSeed(row) || this.#seen(row).some((each) => this.#isWanted(each)),
          )
          if (!reading.isGone) this.#hand(wanted, reading, { overSeeds: true })
        })
      }
    } catch (error) {
      internals.events.report(error)
    } finally {
      this.#isFetching = false
    }
  }

  #isWanted(row: Seen): boolean {
    for (const request of this.#requests) if (request.has(row)) return true
    return false
  }

  /** `use` is called at once: nothing can change between what was read and what it does with it. */
  async #read<T>(subset: Subset, use: (rows: readonly StoredRow[], reading: Reading) => T): Promise<T> {
    const { id, internals } = this.#options
    const reading = new Reading()
    this.#readings.add(reading)
    try {
      for (let left = TRIES; ; left--) {
        try {
          const { rows, at } = await internals.journal.query(
            id,
            askableSubset(subset, internals.codec.codecs),
          )
          reading.at = at.seq
          return use(rows, reading)
        } catch (error) {
          // A live query whose page fails once shows nothing new for ever.
          if (!(error instanceof BusyError) || left === 0) throw error
          await pause(internals.clock, AGAIN, new AbortController().signal)
        }
      }
    } finally {
      this.#readings.delete(reading)
    }
  }

  /** The row in memory came by server rendering or `initialData`. */
  #isSeed({ key }: StoredRow): boolean {
    return isSeed(this.#options.core.collection, decodeKey(key))
  }

  /** Hands rows to core that it does not have. `overSeeds`: also those that it has by another way than the log. */
  #hand(rows: readonly StoredRow[], reading: Reading, { overSeeds = false } = {}): SyncAppliedReceipt {
    const { core, following, newer } = this.#options
    const { keys, all } = newer()
    if (all) return true
    const { writer } = following()
    return writer.transaction(() => {
      for (const row of rows) {
        const key = decodeKey(row.key)
        // A row that is in memory is newer than the one that was read.
        const isNewer = reading.isOld(key) || keys.has(key) || this.hidden.has(key)
        if (isNewer) continue
        const isInMemory = acceptedRow(core.collection, key) !== undefined
        if (isInMemory && !(overSeeds && this.#isSeed(row))) continue
        writer.row(row)
      }
    })
  }

  /** Nothing of a row that cannot be read: it belongs to no page. */
  #seen(row: StoredRow): Seen[] {
    try {
      const value = this.#options.internals.codec.decodeTexts(row.value, row.notes) as object
      return [asSeen(value, decodeKey(row.key), this.#options.id)]
    } catch {
      return []
    }
  }
}
