/** Rows and what differs between them in the JSON shapes of docs/cli-json.md. */

import type { FoldedValue } from '../../materializer/fold.js'
import type { RowChange } from '../../materializer/past/changes.js'
import { ABSENT, type Knowledge } from '../../materializer/past/known-row.js'
import type { StoredState } from '../../materializer/state.js'
import { decodeKey } from '../../values/key.js'
import type { Json, Note } from '../../values/value.js'
import { type Difference, type FieldState, metadataOf } from './field-changes.js'

/** A stored value: JSON, and the notes for what JSON cannot say. */
const valueJson = ({ json, notes }: FoldedValue) => ({ value: json, notes })

/** `null`: there is none. */
const fieldJson = (state: FieldState) =>
  state === 'absent' ? null : state === 'unknown' ? state : valueJson(state)

/** A row as far as it is known; `null`: there is none. */
export function rowJson(row: Knowledge) {
  if (row === ABSENT) return null
  const { value, seq } = row.row
  return {
    known: row.whole
      ? 'all'
      : row.exists || Object.keys(value.json as object).length > 0
        ? 'some'
        : 'nothing',
    exists: row.exists ?? 'unknown',
    ...valueJson(value),
    metadata: fieldJson(metadataOf(row)),
    without: row.unset.size > 0 ? [...row.unset] : undefined,
    seq: seq === 0 ? 'unknown' : seq,
  }
}

/** A row before and after something. */
export function changeJson({ collection, key, before, after }: RowChange, difference: Difference) {
  return {
    collection,
    key: keyOf(key),
    change: difference.kind,
    before: rowJson(before),
    after: rowJson(after),
    fields: difference.fields.map((each) => ({
      field: each.field,
      before: fieldJson(each.before),
      after: fieldJson(each.after),
    })),
  }
}

/** A value of a collection's metadata. */
export function stateJson(collection: string, name: string, state: StoredState | undefined) {
  const stored = state && { json: JSON.parse(state.value) as Json, notes: notesOf(state) }
  return {
    type: 'state',
    collection,
    name: JSON.parse(name) as string,
    state: stored === undefined ? 'unknown' : valueJson(stored),
    seq: state?.seq ?? 'unknown',
  }
}

const notesOf = ({ notes }: StoredState) => (notes === null ? undefined : (JSON.parse(notes) as Note[]))

/** A key as the app knows it; of a damaged file whatever stands there. */
export function keyOf(key: string): string | number {
  try {
    return decodeKey(key)
  } catch {
    return key
  }
}
