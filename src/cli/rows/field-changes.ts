/** What differs between two moments of a row, field by field. */

import { type FoldedValue, KEEP } from '../../materializer/fold.js'
import { ABSENT, type Knowledge } from '../../materializer/past/known-row.js'
import type { Json, Note } from '../../values/value.js'

/** A field at a moment: its value, that it is not there, or that nobody knows. */
export type FieldState = FoldedValue | 'absent' | 'unknown'

export interface FieldChange {
  readonly field: string
  readonly before: FieldState
  readonly after: FieldState
}

/** `unknown`: it cannot be told whether there was such a row before, or is after. `same`: nothing differs. */
export type ChangeKind = 'added' | 'removed' | 'changed' | 'same' | 'unknown'

export interface Difference {
  readonly kind: ChangeKind
  readonly fields: readonly FieldChange[]
  /** Of the row's metadata; nothing where it stays, or is not known before or after. */
  readonly metadata: Omit<FieldChange, 'field'> | undefined
}

export function differenceOf(before: Knowledge, after: Knowledge): Difference {
  const metadata = { before: metadataOf(before), after: metadataOf(after) }
  const metadataChanged = !isSame(metadata.before, metadata.after)
  const fields = [...new Set([...namesOf(before), ...namesOf(after)])]
    .map((field) => ({ field, before: fieldOf(before, field), after: fieldOf(after, field) }))
    .filter((change) => !isSame(change.before, change.after))
  return {
    kind: kindOf(before, after, fields.length > 0 || metadataChanged),
    fields,
    metadata: metadataChanged ? metadata : undefined,
  }
}

function kindOf(before: Knowledge, after: Knowledge, differs: boolean): ChangeKind {
  if (before === ABSENT) return after === ABSENT ? 'same' : after.exists ? 'added' : 'unknown'
  if (!before.exists) return 'unknown'
  if (after === ABSENT) return 'removed'
  if (!after.exists) return 'unknown'
  return differs ? 'changed' : 'same'
}

/** The names of the fields of which something is known. */
const namesOf = (row: Knowledge): readonly string[] =>
  row === ABSENT ? [] : [...Object.keys(row.row.value.json as object), ...row.unset, ...(row.open ?? [])]

export function fieldOf(row: Knowledge, name: string): FieldState {
  if (row === ABSENT) return 'absent'
  const { json, notes } = row.row.value
  if (!Object.hasOwn(json as object, name)) {
    const isKnown = row.whole || row.unset.has(name) || row.open?.has(name) === false
    return isKnown ? 'absent' : 'unknown'
  }
  // Of a note's path the first step is the field.
  const own = notes?.flatMap(([type, field, ...rest]): Note[] => (field === name ? [[type, ...rest]] : []))
  return {
    json: (json as Record<string, Json>)[name] as Json,
    notes: own !== undefined && own.length > 0 ? own : undefined,
  }
}

export function metadataOf(row: Knowledge): FieldState {
  if (row === ABSENT) return 'absent'
  if (row.row.metadata === KEEP) return 'unknown'
  return row.row.metadata ?? 'absent'
}

// What is unknown on both sides was not touched between them.
const isSame = (one: FieldState, other: FieldState): boolean =>
  typeof one === 'string' || typeof other === 'string'
    ? one === other
    : JSON.stringify([one.json, one.notes]) === JSON.stringify([other.json, other.notes])
