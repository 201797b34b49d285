/** Checking the row tables against a fold of the log (M2), made anew in memory. */

import { all, type Program } from '../drivers/program.js'
import type { Entry } from '../log/entry.js'
import type { Finding } from '../log/verify.js'
import { type FoldedRow, type FoldedValue, foldEntry, foldedRow } from './fold.js'
import { cursor } from './post.js'
import { listCollections } from './registry.js'
import { rowTable, type StoredRow } from './tables.js'

/** Rows compared at a time. */
const PAGE = 1000

/** Findings named one by one for each collection; the rest is counted. */
const NAMED = 20

export class RowsVerifier {
  readonly findings: Finding[] = []
  rowsChecked = 0
  readonly #collections = new Map<string, Map<string, FoldedRow>>()
  #folded = 0

  /** Folds the next entry. */
  add(entry: Entry): void {
    foldEntry(entry, (collection) => {
      const rows = this.#collections.get(collection) ?? new Map<string, FoldedRow>()
      this.#collections.set(collection, rows)
      return rows
    })
    this.#folded = entry.position.seq
  }

  /** The seq through which entries were added. */
  get folded(): number {
    return this.#folded
  }

  /** Compares with the tables, which must be posted through exactly the entries that were added. */
  *compare(): Program<void> {
    const posted = yield* cursor()
    if (posted !== this.#folded) {
      this.#found(`The cursor is at ${posted}, the log was folded through ${this.#folded}.`)
      return
    }
    const registered = yield* listCollections()
    for (const { collection, rowTable: table } of registered) {
      yield* this.#compareTable(collection, table, this.#collections.get(collection) ?? new Map())
      this.#collections.delete(collection)
    }
    for (const [collection, rows] of this.#collections) {
      if (rows.size > 0)
        this.#found(
          `Collection ${JSON.stringify(collection)} has ${rows.size} rows in the log and no row table.`,
        )
    }
  }

  *#compareTable(collection: string, table: string, expected: Map<string, FoldedRow>): Program<void> {
    const wrong: string[] = []
    let after = ''
    for (;;) {
      const rows = yield* all(rowTable(table).after, after, PAGE)
      for (const row of rows) {
        const folded = expected.get(row.key)
        if (folded === undefined) wrong.push(`row ${row.key} is not in the log`)
        else if (!sameRow(row, folded)) wrong.push(`row ${row.key} differs from the log`)
        expected.delete(row.key)
      }
      this.rowsChecked += rows.length
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.key
    }
    for (const key of expected.keys()) wrong.push(`row ${key} is missing`)
    for (const message of wrong.slice(0, NAMED))
      this.#found(`Collection ${JSON.stringify(collection)}: ${message}.`)
    if (wrong.length > NAMED) {
      this.#found(`Collection ${JSON.stringify(collection)}: ${wrong.length - NAMED} further rows are wrong.`)
    }
  }

  #found(message: string): void {
    this.findings.push({ invariant: 'M2', message })
  }
}

function sameRow(row: StoredRow, expected: FoldedRow): boolean {
  let stored: FoldedRow
  try {
    stored = foldedRow(row)
  } catch {
    return false
  }
  return (
    stored.seq === expected.seq &&
    text(stored.value) === text(expected.value) &&
    text(stored.metadata) === text(expected.metadata)
  )
}

const text = (value: FoldedValue | FoldedRow['metadata']): string => {
  if (value === undefined || typeof value === 'symbol') return ''
  return JSON.stringify([value.json, value.notes ?? null])
}
