/** The reference: collections of TanStack DB in memory, and the same live queries over them. */

import { type Collection, createCollection, createLiveQueryCollection, type SyncConfig } from '@tanstack/db'
import type { Key } from '../../values/key.js'
import { sameValue } from '../../values/same.js'
import { turn } from '../simulation/virtual-clock.js'
import type { LiveQuery } from './app.js'
import { plain } from './plain.js'
import type { On } from './program.js'
import { type Pair, queryOver } from './queries.js'

// biome-ignore lint/suspicious/noExplicitAny: rows of any shape
type Rows = Collection<any, any, any>
type Calls = Parameters<SyncConfig<Record<string, unknown>, Key>['sync']>[0]

export class Reference {
  readonly #calls = new Map<On, Calls>()
  readonly #rows: Record<On, Rows>
  readonly #shown: Record<On, Map<Key, object>> = { a: new Map(), b: new Map() }
  readonly #queries = new Map<LiveQuery, LiveQuery['query']>()

  constructor() {
    this.#rows = { a: this.#collection('a'), b: this.#collection('b') }
  }

  /** From now on a collection has these rows. */
  show(on: On, rows: ReadonlyMap<Key, object>): void {
    const { begin, write, commit } = this.#calls.get(on) as Calls
    const shown = this.#shown[on]
    begin()
    for (const key of [...shown.keys()]) {
      if (rows.has(key)) continue
      write({ type: 'delete', key })
      shown.delete(key)
    }
    for (const [key, row] of rows) {
      const before = shown.get(key)
      if (before !== undefined && sameValue(before, row)) continue
      write({ type: before === undefined ? 'insert' : 'update', value: { ...row } as never })
      shown.set(key, row)
    }
    commit()
  }

  /** The same query over the reference's rows. */
  queryLike(live: LiveQuery): LiveQuery['query'] {
    let query = this.#queries.get(live)
    if (query === undefined) {
      query = createLiveQueryCollection({
        startSync: true,
        gcTime: 0,
        query: queryOver(live.shape, this.#rows),
        // biome-ignore lint/suspicious/noExplicitAny: of any shape
      } as any) as unknown as LiveQuery['query']
      query.subscribeChanges(() => undefined)
      this.#queries.set(live, query)
    }
    if (live.window !== undefined) void query.utils.setWindow(live.window)
    return query
  }

  /**
   * What the query shows when it begins over the rows that its collections have in memory now. Where that is right and the
   * live query is not, core has lost track of its own rows: it was told of every change.
   */
  async afresh(live: LiveQuery, pair: Pair): Promise<LiveQuery['query']> {
    const other = new Reference()
    for (const on of ['a', 'b'] as const) {
      const rows = (pair[on].toArray as { id: Key }[]).map((row) => [row.id, plain(row)] as const)
      other.show(on, new Map(rows))
    }
    const query = other.queryLike(live)
    await turn()
    await turn()
    return query
  }

  end(): void {
    for (const query of this.#queries.values()) void query.cleanup()
    for (const rows of Object.values(this.#rows)) void rows.cleanup()
  }

  #collection(on: On): Rows {
    return createCollection({
      id: on,
      getKey: (row: { id: Key }) => row.id,
      startSync: true,
      gcTime: 0,
      sync: {
        rowUpdateMode: 'full',
        sync: (calls) => {
          this.#calls.set(on, calls as never)
          calls.markReady()
        },
      },
    }) as unknown as Rows
  }
}
