/**
 * Posting: the rows, the collections' state and the origins catch up with the log (M1, M2, M3).
 *
 * Everything that a batch of entries does to a key is folded first and written once, so a key that was written a
 * thousand times is posted once. Rows and cursor change in the transaction that the caller opened: killed anywhere,
 * the next one continues from the cursor.
 */

import { first, type Program, run } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { tail } from '../log/append.js'
import { type Entry, opParts } from '../log/entry.js'
import { parseOps, type StoredOp } from '../log/op.js'
import { postOrigins } from '../log/origins.js'
import { checksumAt, page } from '../log/read.js'
import { log } from '../log/tables.js'
import type { Json, Note } from '../log/value.js'
import { type FoldedRow, type FoldedValue, foldRow, KEEP } from './fold.js'
import { dropCollection, ensureRowTable } from './registry.js'
import { materialized, rowTable, type StoredRow } from './tables.js'

const readCursor = statement<[]>()(log.selectFrom('daybook_cursor').select('seq'))

export const moveCursor = statement<[seq: number]>()(
  log.updateTable('daybook_cursor').set({ seq: parameter<number>() }),
)

const putState = statement<
  [collection: string, name: string, value: string, notes: string | null, seq: number]
>()(
  materialized
    .insertInto('daybook_state')
    .values({
      collection: parameter<string>(),
      name: parameter<string>(),
      value: parameter<string>(),
      notes: parameter<string | null>(),
      seq: parameter<number>(),
    })
    .onConflict((conflict) =>
      conflict.columns(['collection', 'name']).doUpdateSet((e) => ({
        value: e.ref('excluded.value'),
        notes: e.ref('excluded.notes'),
        seq: e.ref('excluded.seq'),
      })),
    ),
)

const deleteState = statement<[collection: string, name: string]>()(
  materialized
    .deleteFrom('daybook_state')
    .where('collection', '=', parameter<string>())
    .where('name', '=', parameter<string>()),
)

/** Folded rows are written out when there are this many, so that a huge entry does not have to fit in memory. */
const ROWS_IN_HAND = 20_000

/** The seq through which the tables are posted. */
export function* cursor(): Program<number> {
  return ((yield* first(readCursor)) as { seq: number }).seq
}

/**
 * Posts at most `limit` entries after the cursor. Answers how many are left. Run it in a write transaction.
 *
 * @throws CorruptLogError when an entry is not what was written; nothing is posted then
 */
export function* post(limit: number): Program<number> {
  const from = yield* cursor()
  const head = yield* tail()
  if (from >= head.seq) return 0
  const entries = yield* page(from, limit, yield* checksumAt(from))
  const batch = new Batch()
  for (const entry of entries) yield* batch.add(entry)
  yield* batch.flush()
  yield* postOrigins(entries)
  const through = entries.at(-1)?.position.seq ?? from
  yield* run(moveCursor, through)
  return head.seq - through
}

/** Posts everything after the cursor, in the transaction that the caller opened. */
export function* postAll(): Program<void> {
  while ((yield* post(Number.MAX_SAFE_INTEGER)) > 0);
}

interface Hand {
  readonly table: string
  /** By key, as JSON text: what the row is now, or that there is none. */
  readonly rows: Map<string, FoldedRow | undefined>
  /** The table was emptied by this batch: a row that is not in hand does not exist. */
  cleared: boolean
}

/** The folded state of the rows that a batch touches. */
class Batch {
  readonly #hands = new Map<string, Hand>()
  #rowsInHand = 0;

  *add(entry: Entry): Program<void> {
    for (const part of opParts(entry)) {
      for (const op of parseOps(part)) yield* this.#apply(op, entry.position.seq)
      if (this.#rowsInHand >= ROWS_IN_HAND) yield* this.flush()
    }
  }

  *#apply(op: StoredOp, seq: number): Program<void> {
    const collection = op[1]
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
    if (op[0] === 'state') return yield* writeState(collection, op[2], op[3], op[4], seq)
    const key = JSON.stringify(op[2])
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

  /** Writes the rows in hand. */
  *flush(): Program<void> {
    for (const hand of this.#hands.values()) {
      const table = rowTable(hand.table)
      for (const [key, row] of hand.rows) {
        if (row === undefined) {
          if (!hand.cleared) yield* run(table.delete, key)
        } else if (row.metadata === KEEP) {
          yield* run(table.putValue, key, JSON.stringify(row.value.json), text(row.value.notes), row.seq)
        } else {
          const { value, metadata, seq } = row
          const metadataJson = metadata === undefined ? null : JSON.stringify(metadata.json)
          yield* run(
            table.put,
            key,
            JSON.stringify(value.json),
            text(value.notes),
            metadataJson,
            text(metadata?.notes),
            seq,
          )
        }
      }
    }
    // What was cleared may have rows again now; the next touch reads them.
    this.#hands.clear()
    this.#rowsInHand = 0
  }
}

/** Stands for a row that was not read: a put replaces its value whatever it is and keeps its metadata. */
const UNREAD: FoldedRow = { value: { json: null, notes: undefined }, metadata: KEEP, seq: 0 }

function* writeState(
  collection: string,
  name: string,
  json: Json | undefined,
  notes: readonly Note[] | undefined,
  seq: number,
): Program<void> {
  const id = JSON.stringify(collection)
  // As JSON text, like the id: any name survives every binding.
  const nameText = JSON.stringify(name)
  if (json === undefined) yield* run(deleteState, id, nameText)
  else yield* run(putState, id, nameText, JSON.stringify(json), text(notes), seq)
}

const text = (notes: readonly Note[] | undefined): string | null =>
  notes === undefined ? null : JSON.stringify(notes)

/** A stored row, parsed. */
export function foldedRow(row: StoredRow): FoldedRow {
  return {
    value: parsed(row.value, row.notes),
    metadata: row.metadata === null ? undefined : parsed(row.metadata, row.metadata_notes),
    seq: row.seq,
  }
}

const parsed = (json: string, notes: string | null): FoldedValue => ({
  json: JSON.parse(json) as Json,
  notes: notes === null ? undefined : (JSON.parse(notes) as Note[]),
})
