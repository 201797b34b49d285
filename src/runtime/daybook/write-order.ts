/**
 * The order of one handle's writes, per row (B2): a write waits for those that came before it and change one of its rows.
 *
 * A place is taken at once, when a write is handed over, and kept until the write is in the log and applied, or refused.
 * Writes of different rows never wait for each other.
 */

import type { Key } from '../../values/key.js'
import { type Deferred, deferred } from '../deferred.js'

/** One row of one collection. */
export interface RowId {
  readonly collection: string
  readonly key: Key
}

export class WriteOrder {
  /** The newest place of each row that has one. */
  readonly #newest = new Map<string, Map<Key, Place>>()

  /** Takes a place behind all others that have one of these rows. */
  take(rows: readonly RowId[]): Place {
    const before = new Map<Place, RowId>()
    const place = new Place(rows, before)
    let of: string | undefined
    let keys = new Map<Key, Place>()
    for (const row of rows) {
      if (row.collection !== of) {
        of = row.collection
        keys = this.#newest.get(of) ?? new Map<Key, Place>()
        this.#newest.set(of, keys)
      }
      const newest = keys.get(row.key)
      if (newest !== undefined && newest !== place) before.set(newest, row)
      keys.set(row.key, place)
    }
    return place
  }

  /** Whoever takes a place from now on need not wait for this one. */
  leave(place: Place): void {
    for (const { collection, key } of place.rows) {
      const keys = this.#newest.get(collection)
      if (keys?.get(key) === place) keys.delete(key)
      if (keys?.size === 0) this.#newest.delete(collection)
    }
  }
}

/** Why an earlier write of a row was refused. */
export interface Refusal {
  readonly row: RowId
  readonly error: unknown
}

export class Place {
  readonly rows: readonly RowId[]
  /** The places before this one that are not settled, each with a row that they share. */
  #before: ReadonlyMap<Place, RowId>
  #outcome: Deferred<{ readonly refused?: unknown }> = deferred()

  constructor(rows: readonly RowId[], before: ReadonlyMap<Place, RowId>) {
    this.rows = rows
    this.#before = before
  }

  /**
   * Resolves when all writes before this one are settled, with the first refusal of one of them, if any; nothing where
   * there is none to wait for.
   */
  turn(): Promise<Refusal | undefined> | undefined {
    return this.#before.size === 0 ? undefined : this.#afterThoseBefore()
  }

  /** The write is in the log, and applied. */
  keep(): void {
    this.#outcome.resolve({})
  }

  /** The write was refused, and with it those that build on it. */
  refuse(error: unknown): void {
    this.#outcome.resolve({ refused: error })
  }

  async #afterThoseBefore(): Promise<Refusal | undefined> {
    const waiting = [...this.#before]
    // Places would hold on to all that ever came before them.
    this.#before = new Map()
    let refusal: Refusal | undefined
    for (const [place, row] of waiting) {
      const outcome = await place.#outcome.promise
      if ('refused' in outcome) refusal ??= { row, error: outcome.refused }
    }
    return refusal
  }
}
