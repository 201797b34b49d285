/** Rows and what differs between them in the JSON shapes of docs/cli-json.md. */

import type { FoldedValue } from '../../materializer/fold.js'
import type { RowChange } from '../../materializer/past/changes.js'
import { ABSENT, type Knowledge } from '../../materializer/past/known-row.js'
import { foldedState, type StoredState } from '../../materializer/state.js'
import { decodeKey } from '../../values/decode-key.js'
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
    unknown: row.open !== undefined && row.open.size > 0 ? [...row.open] : undefined,
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
  const stored = state && foldedState(state)
  return {
    type: 'state-value',
    collection,
    name: JSON.parse(name) as string,
    state: stored === undefined ? 'unknown' : valueJson(stored),
    seq: state?.seq ?? 'unknown',
  }
}

/** A key as the app knows it; of a damaged file whatever stands there. */
export function keyOf(key: string): string | number {
  try {
    return decodeKey(key)
  } catch {
    return key
  }
}
