/**
 * A batch: what a run of entries does to rows and state, folded first and written once, so that a key which was written
 * a thousand times is posted once. Its statements belong to the transaction that the caller opened.
 */

import { first, type Program, run } from '../drivers/program.js'
import { type Controls, controlsAfter, postControls, postedControls } from '../log/controls.js'
import { type Entry, opParts } from '../log/entry.js'
import { opsOfPart } from '../log/part-ops.js'
import type { StoredOp } from '../log/stored-op.js'
import { encodeKey } from '../values/key.js'
import { type FoldedRow, foldedRow, foldRow, KEEP, storedRow } from './fold.js'
import { dropCollection, ensureRowTable } from './registry.js'
import { writeState } from './state.js'
import { rowTable } from './tables.js'

/** Folded rows are written out when there are this many, so that a huge entry does not have to fit in memory. */
const ROWS_IN_HAND = 20_000

interface Hand {
  readonly table: string
  /** By key, as JSON text: what the row is now, or that there is none. */
  readonly rows: Map<string, FoldedRow | undefined>
  /** The table was emptied by this batch: a row that is not in hand does not exist. */
  cleared: boolean
}

/** The folded state of the rows that a batch touches. */
export class Batch {
  readonly #hands = new Map<string, Hand>()
  readonly #controls = new Map<string, Controls>()
  #rowsInHand = 0;

  *add(entry: Entry): Program<void> {
    for (const part of opParts(entry)) {
      for (const op of opsOfPart(part, entry.position.seq)) yield* this.#apply(op, entry.position.seq)
      if (this.#rowsInHand >= ROWS_IN_HAND) yield* this.flush()
    }
  }

  *#apply(op: StoredOp, seq: number): Program<void> {
    const collection = op[1]
    const controls = this.#controls.get(collection) ?? (yield* postedControls(collection))
    this.#controls.set(collection, controlsAfter(controls, op, seq))
    if (op[0] === 'claim') return
    if (op[0] === 'reset') {
      this.#hands.delete(collection)
      return yield* dropCollection(collection)
    }
    const hand = this.#hands.get(collection) ?? (yield* this.#take(collection))
    if (op[0] === 'truncate') {
      hand.rows.clear()
      hand.cleared = true
      return yield* run(rowTable(hand.table).clear)
    }
    if (op[0] === 'state') return yield* writeState(op, seq)
    if (op[0] === 'schema' || op[0] === 'redacted') return
    const key = encodeKey(op[2])
    if (!hand.rows.has(key)) this.#rowsInHand++
    hand.rows.set(key, foldRow(yield* this.#before(hand, key, op[0]), op, seq))
  }

  *#take(collection: string): Program<Hand> {
    const hand: Hand = { table: yield* ensureRowTable(collection), rows: new Map(), cleared: false }
    this.#hands.set(collection, hand)
    return hand
  }

  // Only an op that depends on the row reads it; a put or a delete does not.
  *#before(hand: Hand, key: string, op: string): Program<FoldedRow | undefined> {
    if (hand.rows.has(key)) return hand.rows.get(key)
    if (hand.cleared || op === 'delete') return undefined
    if (op === 'put') return UNREAD
    const stored = yield* first(rowTable(hand.table).get, key)
    return stored && foldedRow(stored)
  }

  /** Writes what is in hand. */
  *flush(): Program<void> {
    for (const hand of this.#hands.values()) {
      const table = rowTable(hand.table)
      for (const [key, row] of hand.rows) {
        if (row === undefined) {
          if (!hand.cleared) yield* run(table.delete, key)
          continue
        }
        const { value, notes, metadata, metadata_notes, seq } = storedRow(key, row)
        if (row.metadata === KEEP) yield* run(table.putValue, key, value, notes, seq)
        else yield* run(table.put, key, value, notes, metadata, metadata_notes, seq)
      }
    }
    yield* postControls(this.#controls)
    this.#controls.clear()
    // What was cleared may have rows again now; the next touch reads them.
    this.#hands.clear()
    this.#rowsInHand = 0
  }
}

/** Stands for a row that was not read: a put replaces its value whatever it is and keeps its metadata. */
const UNREAD: FoldedRow = { value: { json: null, notes: undefined }, metadata: KEEP, seq: 0 }
