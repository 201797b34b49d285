/**
 * The base: the tables that are made from a log, as they are. Where the beginning of a log was trimmed, they are what its
 * entries go on from; so an export has them before its entries, as lines.
 */

import { type Program, run } from '../drivers/program.js'
import { type Controls, listControls, postControls } from '../log/controls.js'
import { cursor, moveCursor } from '../log/cursor.js'
import { type OriginRun, storedRuns } from '../log/origin-runs.js'
import { putRun } from '../log/origins.js'
import { ensureRowTable, listCollections, type Registered } from './registry.js'
import { rowsAfter } from './rows-after.js'
import { listState, putState, type StoredState } from './state.js'
import { rowTable, type StoredRow } from './tables.js'

/** One line; rows and state with their columns as they are stored. */
export type BaseLine =
  | { readonly collection: string }
  | { readonly row: StoredRow; readonly of: string }
  | { readonly state: StoredState }
  | { readonly origin: OriginRun }
  | { readonly controls: Controls; readonly of: string }
  /** The last one: the seq through which all of it is posted. */
  | { readonly cursor: number }

/** Rows read at a time. */
const PAGE = 500

/** A page of the rows of a collection, in key order. */
export function* rowLinesAfter(
  { collection, rowTable: table }: Registered,
  key: string,
): Program<BaseLine[]> {
  return (yield* rowsAfter(table, key, PAGE)).map((row) => ({ row, of: collection }))
}

/** Everything but the rows. */
export function* besidesRows(): Program<BaseLine[]> {
  const lines: BaseLine[] = []
  for (const { collection } of yield* listCollections()) lines.push({ collection })
  for (const state of yield* listState()) lines.push({ state })
  for (const origin of yield* storedRuns()) lines.push({ origin })
  for (const { collection: of, ...controls } of yield* listControls()) lines.push({ controls, of })
  lines.push({ cursor: yield* cursor() })
  return lines
}

/** Puts a line into tables that have nothing of it yet. */
export function* putBase(line: BaseLine): Program<void> {
  if ('collection' in line) yield* ensureRowTable(line.collection)
  else if ('row' in line) yield* putRow(yield* ensureRowTable(line.of), line.row)
  else if ('state' in line) yield* putState(line.state)
  else if ('origin' in line) yield* putRun(line.origin)
  else if ('controls' in line) yield* postControls(new Map([[line.of, line.controls]]))
  else yield* moveCursor(line.cursor)
}

/** Puts a row into a table as it is. */
export function* putRow(table: string, row: StoredRow): Program<void> {
  const { key, value, notes, metadata, metadata_notes, seq } = row
  yield* run(rowTable(table).put, key, value, notes, metadata, metadata_notes, seq)
}

/** Whether something read from a line is one. */
export function isBaseLine(line: Record<string, unknown>): boolean {
  const { row, state, origin, controls, of, collection, cursor: seq } = line
  if (row !== undefined) return typeof of === 'string' && isRow(row)
  if (state !== undefined) return has(state, ['collection', 'name', 'value'], ['seq'])
  if (origin !== undefined) return has(origin, ['origin'], ['originSeq', 'seq', 'term', 'length'])
  if (controls !== undefined)
    return typeof of === 'string' && has(controls, [], ['claim', 'schemaVersion', 'changed'])
  return typeof collection === 'string' || Number.isSafeInteger(seq)
}

const isRow = (row: unknown): boolean => has(row, ['key', 'value'], ['seq'])

const has = (value: unknown, texts: readonly string[], numbers: readonly string[]): boolean => {
  if (typeof value !== 'object' || value === null) return false
  const fields = value as Record<string, unknown>
  return (
    texts.every((name) => typeof fields[name] === 'string') &&
    numbers.every((name) => Number.isSafeInteger(fields[name]))
  )
}
