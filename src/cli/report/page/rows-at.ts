/**
 * The rows at any entry of the page. Going forward folds an entry's ops with the library's own `foldRow` and remembers
 * what was there before; going back puts that back. So a step costs an entry, and the way anywhere what lies between.
 */

import type { StoredOp } from '../../../log/stored-op.js'
import { type FoldedRow, foldRow } from '../../../materializer/fold.js'
import { encodeKey } from '../../../values/key.js'
import type { Timeline } from '../model.js'

/** The rows of one collection, by encoded key. */
export interface Rows {
  readonly byKey: Map<string, FoldedRow>
  /** Rows that are there but not in the page. */
  untouched: number
}

/** What an entry did to a row. */
export interface RowChange {
  readonly collection: string
  readonly key: string
  readonly before: FoldedRow | undefined
  readonly after: FoldedRow | undefined
}

type Undo = () => void

export class RowsAt {
  readonly #timeline: Timeline
  readonly #collections = new Map<string, Rows>()
  readonly #undo: Undo[][] = []
  /** The first entry whose ops are in the page. */
  readonly first: number
  /** The entry at which the rows are; before the first: the rows that the page begins with. */
  #at: number

  constructor(timeline: Timeline) {
    this.#timeline = timeline
    this.first = timeline.entries.length - timeline.ops.length
    this.#at = this.first - 1
    for (const { collection, rows, untouched } of timeline.base) {
      const byKey = new Map<string, FoldedRow>()
      for (const [key, seq, json, notes, metadata] of rows) {
        const meta = metadata && { json: metadata.json, notes: metadata.notes }
        byKey.set(encodeKey(key), { value: { json, notes: notes ?? undefined }, metadata: meta, seq })
      }
      this.#collections.set(collection, { byKey, untouched })
    }
  }

  /** Whether the rows at this entry can be known. */
  knows(index: number): boolean {
    return index >= this.first - 1
  }

  opsOf(index: number): readonly StoredOp[] | undefined {
    return this.#timeline.ops[index - this.first]
  }

  /** Every collection that has or had rows. */
  at(index: number): ReadonlyMap<string, Rows> {
    while (this.#at < index) this.#forward()
    while (this.#at > Math.max(index, this.first - 1)) this.#back()
    return this.#collections
  }

  /** The rows that an entry changed, by collection and key; only what is not as it was before. */
  changesAt(index: number): RowChange[] {
    if (!this.knows(index) || index < this.first) return []
    const seen = new Map<string, { collection: string; key: string; before: FoldedRow | undefined }>()
    const before = this.at(index - 1)
    for (const op of this.opsOf(index) ?? []) {
      if (op[0] === 'truncate' || op[0] === 'reset') {
        for (const [key, row] of before.get(op[1])?.byKey ?? [])
          seen.set(`${key} ${op[1]}`, { collection: op[1], key, before: row })
      } else if (op[0] === 'put' || op[0] === 'patch' || op[0] === 'delete' || op[0] === 'meta') {
        const key = encodeKey(op[2])
        const place = `${key} ${op[1]}`
        if (!seen.has(place))
          seen.set(place, { collection: op[1], key, before: before.get(op[1])?.byKey.get(key) })
      }
    }
    const after = this.at(index)
    return Array.from(seen.values(), (change) => ({
      ...change,
      after: after.get(change.collection)?.byKey.get(change.key),
    })).filter((change) => change.before !== change.after)
  }

  #forward(): void {
    const index = ++this.#at
    const seq = this.#timeline.entries[index]?.[0] ?? 0
    const undo: Undo[] = []
    for (const op of this.opsOf(index) ?? []) this.#apply(op, seq, undo)
    this.#undo[index - this.first] = undo
  }

  #back(): void {
    const undo = this.#undo[this.#at - this.first] ?? []
    for (let step = undo.length - 1; step >= 0; step--) undo[step]?.()
    this.#at--
  }

  #apply(op: StoredOp, seq: number, undo: Undo[]): void {
    if (op[0] === 'state' || op[0] === 'claim' || op[0] === 'schema' || op[0] === 'redacted') return
    const collection = op[1]
    const rows = this.#collections.get(collection) ?? { byKey: new Map(), untouched: 0 }
    this.#collections.set(collection, rows)
    if (op[0] === 'truncate' || op[0] === 'reset') {
      this.#collections.set(collection, { byKey: new Map(), untouched: 0 })
      undo.push(() => this.#collections.set(collection, rows))
      return
    }
    const key = encodeKey(op[2])
    const before = rows.byKey.get(key)
    put(rows, key, foldRow(before, op, seq))
    undo.push(() => put(rows, key, before))
  }
}

function put({ byKey }: Rows, key: string, row: FoldedRow | undefined): void {
  if (row === undefined) byKey.delete(key)
  else byKey.set(key, row)
}
