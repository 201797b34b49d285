/** Fields of rows, and which of them differ. */

import type { FoldedValue } from '../../../materializer/fold.js'
import type { ReportValue } from '../model.js'
import { type ShownValue, shownField } from './value-text.js'

export interface FieldChange {
  readonly name: string
  readonly before: ShownValue | undefined
  readonly after: ShownValue | undefined
  readonly changed: boolean
}

type Value = FoldedValue | ReportValue | undefined

export const fieldNames = (value: Value): string[] =>
  typeof value?.json === 'object' && value.json !== null ? Object.keys(value.json) : []

/** Every field of a row before and after, in the order of the later one. */
export function fieldChanges(before: Value, after: Value): FieldChange[] {
  const names = new Set([...fieldNames(after), ...fieldNames(before)])
  return Array.from(names, (name) => {
    const was = before && shownField(before.json, before.notes, name)
    const is = after && shownField(after.json, after.notes, name)
    const changed = was?.text !== is?.text || was?.kind !== is?.kind
    return { name, before: was, after: is, changed }
  })
}
