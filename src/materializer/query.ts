/** Reading rows, always at the head of the log (M4). */

import { all, type Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import type { Position } from '../log/entry.js'
import { cursor, postAll } from './post.js'
import { findRowTable } from './registry.js'
import { rowTable, type StoredRow } from './tables.js'

/** Rows and the position at which they are the truth. */
export interface Rows {
  readonly rows: readonly StoredRow[]
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

function* rowsAt(collection: string, head: Position): Program<Rows> {
  const table = yield* findRowTable(collection)
  const rows = table === undefined ? [] : yield* all(rowTable(table).all)
  return { rows, at: { term: head.term, seq: head.seq } }
}
