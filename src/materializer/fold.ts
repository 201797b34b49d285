/**
 * What an op does to a row (M5). The one definition of it: posting, verifying and reading the log in memory all fold
 * with this function.
 */

import { CorruptRowsError } from '../errors.js'
import { type Entry, opParts } from '../log/entry.js'
import { opsOfPart } from '../log/part-ops.js'
import type { StoredOp } from '../log/stored-op.js'
import { encodeKey } from '../values/key.js'
import { parseStored } from '../values/stored-json.js'
import type { Json, Note } from '../values/value.js'
import type { StoredRow } from './tables.js'

/** A value in the state between two ops: parsed, so that fields can be replaced. */
export interface FoldedValue {
  readonly json: Json
  readonly notes: readonly Note[] | undefined
}

/** Says that a row keeps whatever metadata it has; only posting uses it, to save a read. */
export const KEEP = Symbol('keep the metadata that the row has')

export interface FoldedRow {
  readonly value: FoldedValue
  readonly metadata: FoldedValue | undefined | typeof KEEP
  readonly seq: number
}

/** Folds an entry into rows held in memory; `rowsOf` answers with those of a collection, or nothing to leave it out. */
export function foldEntry(
  entry: Entry,
  rowsOf: (collection: string) => Map<string, FoldedRow> | undefined,
): void {
  for (const part of opParts(entry)) {
    for (const op of opsOfPart(part, entry.position.seq)) {
      if (op[0] === 'state' || op[0] === 'claim' || op[0] === 'schema' || op[0] === 'redacted') continue
      const rows = rowsOf(op[1])
      if (rows === undefined) continue
      if (op[0] === 'truncate' || op[0] === 'reset') {
        rows.clear()
        continue
      }
      const key = encodeKey(op[2])
      const row = foldRow(rows.get(key), op, entry.position.seq)
      if (row === undefined) rows.delete(key)
      else rows.set(key, row)
    }
  }
}

/**
 * A stored row, parsed.
 *
 * @throws CorruptRowsError when it is none: the file is damaged
 */
export function foldedRow(row: StoredRow): FoldedRow {
  const value = parsed(row.value, row.notes)
  if (typeof value.json !== 'object' || value.json === null)
    throw new CorruptRowsError('the value of a row is no object')
  return {
    value,
    metadata: row.metadata === null ? undefined : parsed(row.metadata, row.metadata_notes),
    seq: row.seq,
  }
}

/** A folded row as it is stored under a key; metadata that was kept unread has no stored form. */
export function storedRow(key: string, { value, metadata, seq }: FoldedRow): StoredRow {
  const known = metadata === KEEP ? undefined : metadata
  return {
    key,
    value: JSON.stringify(value.json),
    notes: notesText(value.notes),
    metadata: known === undefined ? null : JSON.stringify(known.json),
    metadata_notes: notesText(known?.notes),
    seq,
  }
}

/** Notes as they are stored. */
export const notesText = (notes: readonly Note[] | undefined): string | null =>
  notes === undefined ? null : JSON.stringify(notes)

/** A stored value, parsed. */
export const parsed = (json: string, notes: string | null): FoldedValue => ({
  json: parseStored<Json>(json),
  notes: notes === null ? undefined : parseStored<Note[]>(notes),
})

/** Ops that concern one row. */
export type RowOp = Extract<StoredOp, readonly ['put' | 'patch' | 'delete' | 'meta', ...unknown[]]>

/** The row after an op; `undefined` means that there is none. */
export function foldRow(row: FoldedRow | undefined, op: RowOp, seq: number): FoldedRow | undefined {
  switch (op[0]) {
    case 'put':
      return { value: { json: op[3], notes: op[4] }, metadata: row?.metadata, seq }
    case 'patch':
      // A row that is not there is not brought back by a change to it.
      return row && { ...row, value: patch(row.value, op[3], op[4] ?? undefined, op[5] ?? []), seq }
    case 'delete':
      return undefined
    case 'meta':
      return row && { ...row, metadata: op[3] === undefined ? undefined : { json: op[3], notes: op[4] }, seq }
  }
}

/** Replaces top-level fields, in JSON terms: no value is decoded for it. */
function patch(
  value: FoldedValue,
  fields: Json,
  fieldNotes: readonly Note[] | undefined,
  unset: readonly string[],
): FoldedValue {
  const changed = new Set([...Object.keys(fields as object), ...unset])
  // Spread, not assignment: a field named __proto__ stays a field.
  const json: Record<string, Json> = {
    ...(value.json as Record<string, Json>),
    ...(fields as Record<string, Json>),
  }
  for (const name of unset) delete json[name]
  const gone = new Set(unset)
  const kept = value.notes?.filter(([, field]) => !changed.has(String(field))) ?? []
  const added = fieldNotes?.filter(([, field]) => !gone.has(String(field))) ?? []
  const notes = [...kept, ...added]
  return { json, notes: notes.length > 0 ? notes : undefined }
}
