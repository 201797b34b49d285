/** Reading rows, always at the head of the log (M4). */

import { all, type Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import { cursor } from '../log/cursor.js'
import type { Position } from '../log/entry.js'
import { storedRow } from './fold.js'
import { postAll } from './post.js'
import { findRowTable } from './registry.js'
import { foldState, type StoredState, stateOf } from './state.js'
import type { Answering } from './subset/answer.js'
import { rowTable, type StoredRow } from './tables.js'
import { eachUnposted, unpostedRows } from './unposted.js'

/** Rows, the collection's metadata, and the position at which both are the truth. */
export interface Rows {
  readonly rows: readonly StoredRow[]
  readonly state: readonly StoredState[]
  readonly at: Position
}

/** The rows of a collection, or of a subset of it; nothing when the tables are behind the log (then a write transaction has to post). */
export function* queryIfPosted(collection: string, subset?: Answering): Program<Rows | undefined> {
  const head = yield* tail()
  return (yield* cursor()) === head.seq ? yield* rowsAt(collection, head, subset) : undefined
}

/** Posts the tail of the log and answers with all rows of a collection, in one write transaction. */
export function* query(collection: string, subset?: Answering): Program<Rows> {
  yield* postAll()
  return yield* rowsAt(collection, yield* tail(), subset)
}

/** The same for a database that cannot be written: the tail is folded over the posted rows in memory. */
export function* queryReadOnly(collection: string, subset?: Answering): Program<Rows> {
  const posted = yield* queryIfPosted(collection, subset)
  if (posted !== undefined) return posted
  const { rows: known, state: knownState, at } = yield* rowsAt(collection, yield* tail())
  const { rows: changed, emptied } = yield* unpostedRows(collection)
  const state = new Map(knownState.map((each) => [each.name, each]))
  yield* eachUnposted((entry) => foldState(entry, collection, state))
  const all = emptied ? [] : known.filter(({ key }) => !changed.has(key))
  for (const [key, row] of changed) if (row !== undefined) all.push(storedRow(key, row))
  return {
    rows: subset === undefined ? all : subset.inMemory(collection, all),
    state: [...state.values()],
    at,
  }
}

function* rowsAt(collection: string, head: Position, subset?: Answering): Program<Rows> {
  const table = yield* findRowTable(collection)
  const state = yield* stateOf(collection)
  const at = { term: head.term, seq: head.seq }
  if (table === undefined) return { rows: [], state, at }
  const rows =
    subset === undefined ? yield* all(rowTable(table).all) : yield* subset.rows({ collection, table })
  return { rows, state, at }
}
