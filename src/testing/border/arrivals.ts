/** Notes which rows come into a live query although they were on disk only: an on-demand collection has to fetch them. */

import type { Collection } from '@tanstack/db'
import type { Key } from '../../values/key.js'
import type { LiveQuery } from './app.js'
import type { BorderBranches } from './branches.js'
import { kindOf } from './queries.js'

// biome-ignore lint/suspicious/noExplicitAny: rows of any shape
type Rows = Collection<any, any, any>

interface Look {
  readonly rows: Rows
  readonly window: LiveQuery['window']
  /** Keys that were on disk and not in memory. */
  readonly unloaded: ReadonlySet<Key>
}

export class Arrivals {
  readonly #branches: BorderBranches
  readonly #last = new WeakMap<LiveQuery, Look>()

  constructor(branches: BorderBranches) {
    this.#branches = branches
  }

  /** Compares a live query with its last look. */
  look(live: LiveQuery, rows: Rows, onDisk: ReadonlyMap<Key, object>): void {
    const last = this.#last.get(live)
    const shown = (live.query.toArray as { readonly id?: Key }[]).map(({ id }) => id)
    const hasArrived = shown.some((id) => id !== undefined && last?.unloaded.has(id) === true)
    if (hasArrived && last?.rows === rows && last.window === live.window)
      this.#branches.reached(
        kindOf(live.shape).ordered === true
          ? 'a row moved into an ordered page'
          : 'a row on disk came to fit a loaded subset without being in memory',
      )
    const unloaded = new Set([...onDisk.keys()].filter((key) => !rows.has(key)))
    this.#last.set(live, { rows, window: live.window, unloaded })
  }
}
