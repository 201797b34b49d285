/** Reading rows, always at the head of the log (M4). */

import { all, type Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import { cursor } from '../log/cursor.js'
import type { Position } from '../log/entry.js'
import { checksumAt, PAGE_ENTRIES, page } from '../log/read.js'
import { foldEntry, foldedRow, storedRow } from './fold.js'
import { postAll } from './post.js'
import { findRowTable } from './registry.js'
import { foldState, type StoredState, stateOf } from './state.js'
import { rowTable, type StoredRow } from './tables.js'

/** Rows, the collection's metadata, and the position at which both are the truth. */
export interface Rows {
  readonly rows: readonly StoredRow[]
  readonly state: readonly StoredState[]
  readonly at: Position
}

/** All rows of a collection, or nothing when the tables are behind the log (then a write transaction has to post). */
export function* queryIfPosted(collection: string): Program<Rows | undefined> {
  const head = yield* tail()
  return (yield* cursor()) === head.seq ? yield* rowsAt(collection, head) : undefined
}

/** Posts the tail of the log and answers with all rows of a collection, in one write transaction. */
export function* query(collection: string): Program<Rows> {
  yield* postAll()
  return yield* rowsAt(collection, yield* tail())
}

/** The same for a database that cannot be written: the tail is folded over the posted rows in memory. */
export function* queryReadOnly(collection: string): Program<Rows> {
  const { rows: posted, state: postedState, at } = yield* rowsAt(collection, yield* tail())
  let seq = yield* cursor()
  if (seq === at.seq) return { rows: posted, state: postedState, at }
  const rows = new Map(posted.map((row) => [row.key, foldedRow(row)]))
  const state = new Map(postedState.map((each) => [each.name, each]))
  while (seq < at.seq) {
    for (const entry of yield* page(seq, PAGE_ENTRIES, yield* checksumAt(seq))) {
      foldEntry(entry, (id) => (id === collection ? rows : undefined))
      foldState(entry, collection, state)
      seq = entry.position.seq
    }
  }
  return { rows: Array.from(rows, ([key, row]) => storedRow(key, row)), state: [...state.values()], at }
}

function* rowsAt(collection: string, head: Position): Program<Rows> {
  const table = yield* findRowTable(collection)
  const rows = table === undefined ? [] : yield* all(rowTable(table).all)
  return { rows, state: yield* stateOf(collection), at: { term: head.term, seq: head.seq } }
}
