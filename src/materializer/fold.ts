/**
 * What an op does to a row (M5). The one definition of it: posting, verifying and reading the log in memory all fold
 * with this function.
 */

import type { StoredOp } from '../log/op.js'
import type { Json, Note } from '../log/value.js'

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
  const kept = value.notes?.filter(([, field]) => !changed.has(String(field))) ?? []
  const notes = [...kept, ...(fieldNotes ?? [])]
  return { json, notes: notes.length > 0 ? notes : undefined }
}
