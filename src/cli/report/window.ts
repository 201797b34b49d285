/**
 * The newest entries that fit into a page. Entries go in from the oldest to the newest; where the limits are met the
 * oldest ops fall out and are folded into the rows that the page begins with, so that the rows at every entry that
 * kept its ops are right.
 */

import type { StoredOp } from '../../log/stored-op.js'
import { type FoldedRow, foldRow, KEEP } from '../../materializer/fold.js'
import { decodeKey } from '../../values/decode-key.js'
import { encodeKey } from '../../values/key.js'
import type { Limits } from './limits.js'
import type { BaseCollection, BaseRow, EntryFacts, Timeline } from './model.js'

export type RowsByCollection = Map<string, Map<string, FoldedRow>>

interface Held {
  readonly seq: number
  readonly ops: readonly StoredOp[]
  readonly length: number
}

export class Window {
  readonly #limits: Limits
  readonly #base: RowsByCollection
  readonly #facts = new Queue<EntryFacts>()
  readonly #held = new Queue<Held>()
  #length = 0

  /** `base`: rows from before the first entry, with what is to be hidden already hidden; it is taken over. */
  constructor(limits: Limits, base: RowsByCollection = new Map()) {
    this.#limits = limits
    this.#base = base
  }

  add(facts: EntryFacts, ops: readonly StoredOp[]): void {
    const length = ops.length === 0 ? 2 : JSON.stringify(ops).length
    this.#facts.push(facts)
    this.#held.push({ seq: facts[0], ops, length })
    this.#length += length
    while (this.#length > this.#limits.characters) this.#letGo()
    while (this.#facts.length > this.#limits.entries) {
      this.#facts.shift()
      if (this.#held.length > this.#facts.length) this.#letGo()
    }
  }

  /** Ops of an entry that is not shown: only what became of the rows. */
  fold(seq: number, ops: readonly StoredOp[]): void {
    for (const op of ops) {
      if (op[0] === 'state' || op[0] === 'claim' || op[0] === 'schema' || op[0] === 'redacted') continue
      const rows = this.#rowsOf(op[1])
      if (op[0] === 'truncate' || op[0] === 'reset') {
        rows.clear()
        continue
      }
      const key = encodeKey(op[2])
      const row = foldRow(rows.get(key), op, seq)
      if (row === undefined) rows.delete(key)
      else rows.set(key, row)
    }
  }

  finish(): Pick<Timeline, 'entries' | 'ops' | 'base'> {
    const ops = this.#held.list().map((held) => held.ops)
    return { entries: this.#facts.list(), ops, base: this.#baseRows(ops) }
  }

  #rowsOf(collection: string): Map<string, FoldedRow> {
    let rows = this.#base.get(collection)
    if (rows === undefined) {
      rows = new Map()
      this.#base.set(collection, rows)
    }
    return rows
  }

  #letGo(): void {
    const held = this.#held.shift()
    if (held === undefined) return
    this.#length -= held.length
    this.fold(held.seq, held.ops)
  }

  // Rows that an entry names come first: without them no change to them could be shown. The others as long as there is room.
  #baseRows(ops: readonly (readonly StoredOp[])[]): BaseCollection[] {
    const touched = new Set<string>()
    for (const op of ops.flat()) if (op.length > 2) touched.add(`${encodeKey(op[2] as string)} ${op[1]}`)
    let room = this.#limits.characters - this.#length
    return Array.from(this.#base, ([collection, rows]) => {
      const [first, second]: [BaseRow[], BaseRow[]] = [[], []]
      let untouched = 0
      for (const [key, row] of rows) {
        const isTouched = touched.has(`${key} ${collection}`)
        if (!isTouched && room <= 0) {
          untouched++
          continue
        }
        const base = baseRow(key, row)
        room -= JSON.stringify(base).length
        ;(isTouched ? first : second).push(base)
      }
      return { collection, rows: [...first, ...second], untouched }
    }).filter(({ rows, untouched }) => rows.length > 0 || untouched > 0)
  }
}

function baseRow(key: string, { value, metadata, seq }: FoldedRow): BaseRow {
  const row = [decodeKey(key), seq, value.json, value.notes ?? null] as const
  if (metadata === undefined || metadata === KEEP) return row
  const { json, notes } = metadata
  return [...row, notes === undefined ? { json } : { json, notes }]
}

/** First in, first out, without moving everything at each step. */
class Queue<T> {
  #items: T[] = []
  #start = 0

  get length(): number {
    return this.#items.length - this.#start
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#start++]
    if (this.#start > 1000 && this.#start > this.#items.length / 2) {
      this.#items = this.list()
      this.#start = 0
    }
    return item
  }

  list(): T[] {
    return this.#items.slice(this.#start)
  }
}
