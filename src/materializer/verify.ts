/** Checking the row tables against a fold of the log (M2), made anew in memory. */

import { all, first, type Program } from '../drivers/program.js'
import { type Controls, controlsAfter, listControls, UNMENTIONED } from '../log/controls.js'
import { cursor } from '../log/cursor.js'
import { type Entry, opParts } from '../log/entry.js'
import { parseOps } from '../log/op.js'
import type { Finding } from '../log/verify.js'
import { type FoldedRow, type FoldedValue, foldEntry, foldedRow } from './fold.js'
import { listCollections } from './registry.js'
import { listState, type StoredState, stateAfter } from './state.js'
import { rowTable, type StoredRow } from './tables.js'

/** Rows compared at a time. */
const PAGE = 1000

/** Findings named one by one for each collection; the rest is counted. */
const NAMED = 20

export class RowsVerifier {
  readonly findings: Finding[] = []
  rowsChecked = 0
  readonly #collections = new Map<string, Map<string, FoldedRow>>()
  /** By collection and name, as JSON text. */
  readonly #state = new Map<string, Map<string, StoredState>>()
  readonly #controls = new Map<string, Controls>()
  #folded = 0

  /** Folds the next entry. */
  add(entry: Entry): void {
    this.#foldOps(entry)
    foldEntry(entry, (collection) => {
      const rows = this.#collections.get(collection) ?? new Map<string, FoldedRow>()
      this.#collections.set(collection, rows)
      return rows
    })
    this.#folded = entry.position.seq
  }

  /** Compares with the tables, which must be posted through exactly the entries that were added. */
  *compare(): Program<void> {
    const posted = yield* cursor()
    if (posted !== this.#folded) {
      this.#found(`The cursor is at ${posted}, the log was folded through ${this.#folded}.`)
      return
    }
    yield* this.#compareState()
    yield* this.#compareControls()
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

  #foldOps(entry: Entry): void {
    for (const part of opParts(entry)) {
      for (const op of parseOps(part)) {
        const controls = this.#controls.get(op[1]) ?? UNMENTIONED
        this.#controls.set(op[1], controlsAfter(controls, op, entry.position.seq))
        if (op[0] === 'reset') this.#state.delete(JSON.stringify(op[1]))
        if (op[0] !== 'state') continue
        const collection = JSON.stringify(op[1])
        const names = this.#state.get(collection) ?? new Map<string, StoredState>()
        this.#state.set(collection, names)
        const state = stateAfter(op, entry.position.seq)
        if (state === undefined) names.delete(JSON.stringify(op[2]))
        else names.set(state.name, state)
      }
    }
  }

  *#compareState(): Program<void> {
    let expected = 0
    for (const names of this.#state.values()) expected += names.size
    const stored = yield* listState()
    for (const state of stored) {
      const { collection, name, value, notes, seq } = state
      const told = this.#state.get(collection)?.get(name)
      if (told?.value === value && told.notes === notes && told.seq === seq) continue
      this.#found(`The state ${name} of collection ${collection} differs from the log.`)
    }
    if (stored.length < expected)
      this.#found(`daybook_state lacks ${expected - stored.length} values of the log.`)
  }

  *#compareControls(): Program<void> {
    const stored = yield* listControls()
    for (const { collection, claim, schemaVersion, changed } of stored) {
      const told = this.#controls.get(collection)
      if (told?.claim === claim && told.schemaVersion === schemaVersion && told.changed === changed) continue
      this.#found(`The controls of collection ${JSON.stringify(collection)} differ from the log.`)
    }
    if (stored.length < this.#controls.size)
      this.#found(`daybook_controls lacks ${this.#controls.size - stored.length} collections of the log.`)
  }

  *#compareTable(collection: string, table: string, expected: Map<string, FoldedRow>): Program<void> {
    const wrong: string[] = []
    let after = ''
    let seen = 0
    for (;;) {
      const rows = yield* all(rowTable(table).after, after, PAGE)
      for (const row of rows) {
        const folded = expected.get(row.key)
        if (folded === undefined) wrong.push(`row ${row.key} is not in the log`)
        else if (!sameRow(row, folded)) wrong.push(`row ${row.key} differs from the log`)
        expected.delete(row.key)
      }
      seen += rows.length
      const last = rows.at(-1)
      if (last === undefined) break
      after = last.key
    }
    this.rowsChecked += seen
    // A key is JSON text and never empty; a row with another one does not come up in key order.
    const stored = (yield* first(rowTable(table).count))?.count ?? 0
    if (stored !== seen) wrong.push(`${stored - seen} rows have no key`)
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
