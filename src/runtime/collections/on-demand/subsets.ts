/**
 * Loading by subset: rows from disk first.
 *
 * Memory follows the tail, so a row that is in memory is newer than the one that a query finds. While a query is under
 * way, whatever an entry or the source touches is noted: what the query says of those rows may be old by then.
 */

import { type Subset, type SubsetRequest, subsetOf } from '../../../materializer/subset/subset.js'
import { decodeKey } from '../../../values/decode-key.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import { acceptedRow, type SyncParams } from '../core-state.js'
import type { FollowingCollection } from '../follow.js'

export interface SubsetsOptions {
  readonly id: string
  readonly internals: Internals
  readonly core: SyncParams<object, Key>
  readonly following: () => FollowingCollection<object, Key>
  /** Whether memory may know better than the disk, because something is not kept yet. */
  readonly isUnkept: (key: Key) => boolean
}

interface UnderWay {
  readonly touched: Set<Key>
  all: boolean
}

export class Subsets {
  readonly #options: SubsetsOptions
  readonly #underWay = new Set<UnderWay>()

  constructor(options: SubsetsOptions) {
    this.#options = options
  }

  /** A row, or all of them, changed in memory. */
  touched(key?: Key): void {
    for (const query of this.#underWay) {
      if (key === undefined) query.all = true
      else query.touched.add(key)
    }
  }

  /**
   * Brings the rows on disk that are meant into memory.
   *
   * @throws the reason of the request's signal when it is aborted meanwhile; what the journal throws
   */
  async load(request: SubsetRequest & { readonly signal?: AbortSignal }): Promise<Subset> {
    const subset = subsetOf(request)
    const { following } = this.#options
    await following().loaded
    while (!(await this.#loadOnce(subset, request.signal)));
    return subset
  }

  // Whether it counts: when all rows changed meanwhile, it is asked again.
  async #loadOnce(subset: Subset, signal: AbortSignal | undefined): Promise<boolean> {
    const { id, internals, core, following, isUnkept } = this.#options
    const query: UnderWay = { touched: new Set(), all: false }
    this.#underWay.add(query)
    try {
      const { rows } = await internals.journal.query(id, subset)
      signal?.throwIfAborted()
      if (query.all) return false
      const { writer } = following()
      writer.transaction(() => {
        for (const row of rows) {
          const key = decodeKey(row.key)
          if (query.touched.has(key) || isUnkept(key) || acceptedRow(core.collection, key) !== undefined)
            continue
          writer.row(row)
        }
      })
      return true
    } finally {
      this.#underWay.delete(query)
    }
  }
}
