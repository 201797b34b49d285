/** Rows and what differs between them as people read it. */

import { inspect } from 'node:util'
import type { FoldedValue } from '../../materializer/fold.js'
import type { RowChange } from '../../materializer/past/changes.js'
import { ABSENT, type Knowledge } from '../../materializer/past/known-row.js'
import { foldedState, type StoredState } from '../../materializer/state.js'
import { AS_STORED } from '../../values/codecs.js'
import { decodeValue } from '../../values/value.js'
import type { Output } from '../output/output.js'
import { type ChangeKind, type Difference, type FieldState, metadataOf } from './field-changes.js'

/** What stands for a value that nobody knows. */
export const UNKNOWN_TEXT = '?'

/** A stored value as the app knows it (what a codec of the app keeps, as it is stored), on as many lines of this width as it takes. */
export function storedValueText(
  { json, notes }: FoldedValue,
  { colours }: Output,
  width: number,
  colourful = colours.isColorSupported,
): string {
  let value: unknown
  try {
    // Decoding takes its JSON over.
    value = decodeValue(structuredClone(json), notes, AS_STORED)
  } catch {
    return JSON.stringify(json)
  }
  return inspect(value, {
    depth: null,
    breakLength: width,
    compact: 3,
    colors: colourful,
    maxStringLength: 2000,
    maxArrayLength: 200,
  })
}

/** A value of a collection's metadata. */
export function storedStateText(state: StoredState | undefined, out: Output): string {
  if (state === undefined) return out.colours.magenta(UNKNOWN_TEXT)
  return storedValueText(foldedState(state), out, Number.POSITIVE_INFINITY)
}

/** How each kind of change is marked. */
export const SIGNS: Readonly<Record<ChangeKind, string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  same: '=',
  unknown: '?',
}

/** The colour of each kind of change. */
export const kindColour = (kind: ChangeKind, { colours }: Output): ((text: string) => string) =>
  ({
    added: colours.green,
    removed: colours.red,
    changed: colours.yellow,
    same: colours.dim,
    unknown: colours.magenta,
  })[kind]

/** A row before and after something: its name, and below it what differs. */
export function changeLines(change: RowChange, difference: Difference, out: Output): string[] {
  const { kind } = difference
  const head = kindColour(kind, out)(`${SIGNS[kind]} ${change.collection} ${change.key}`)
  if (kind !== 'same') return [head, ...differenceLines(change, difference, out)]
  return [`${head}  ${out.colours.dim(change.after === ABSENT ? 'there is no such row' : 'stays as it is')}`]
}

/** What differs: fields before and after, or a whole row that came or went. */
export function differenceLines(change: RowChange, difference: Difference, out: Output): string[] {
  if (difference.kind === 'added') return rowLines(change.after, out)
  if (difference.kind === 'removed') return rowLines(change.before, out)
  const remark = difference.kind === 'unknown' ? [`    ${out.colours.dim(whatIsUnknown(change))}`] : []
  if (isNew(change)) return [...remark, ...rowLines(change.after, out)]
  const fields = difference.fields.map((each) => fieldLine(each.field, each, out))
  const { metadata } = difference
  if (metadata !== undefined && !Object.values(metadata).includes('unknown')) {
    fields.push(fieldLine('(metadata)', metadata, out))
  }
  return [...remark, ...fields]
}

/** All of it is known now and nothing of it before. */
const isNew = ({ before, after }: RowChange): boolean =>
  before !== ABSENT &&
  !before.exists &&
  Object.keys(before.row.value.json as object).length === 0 &&
  after !== ABSENT &&
  after.whole

function whatIsUnknown({ before, after }: RowChange): string {
  if (after === ABSENT) return 'it is gone, if it was there before'
  if (before !== ABSENT && !before.exists && after.exists)
    return 'it is not known whether it was there before'
  return 'it is not known whether there is such a row'
}

function fieldLine(
  name: string,
  { before, after }: { readonly before: FieldState; readonly after: FieldState },
  out: Output,
): string {
  const text = (state: FieldState): string => fieldText(state, out)
  return `    ${out.colours.cyan(name)}  ${text(before)} ${out.colours.dim('→')} ${text(after)}`
}

function fieldText(state: FieldState, out: Output): string {
  if (state === 'absent') return out.colours.dim('(none)')
  if (state === 'unknown') return out.colours.magenta(UNKNOWN_TEXT)
  return indented(storedValueText(state, out, Number.POSITIVE_INFINITY))
}

/** The value of a row, and what is not known of it. */
export function rowLines(row: Knowledge, out: Output): string[] {
  if (row === ABSENT) return [`    ${out.colours.dim('there is no such row')}`]
  const lines = [`    ${indented(storedValueText(row.row.value, out, out.width - 4))}`]
  if (!row.whole) {
    const which = row.open === undefined ? 'its other fields are' : `${[...row.open].join(', ')} is`
    lines.push(`    ${out.colours.magenta(`${UNKNOWN_TEXT} ${which} not known`)}`)
  }
  const metadata = metadataOf(row)
  if (metadata !== 'absent' && metadata !== 'unknown') {
    lines.push(`    ${out.colours.dim('(metadata)')}  ${fieldText(metadata, out)}`)
  }
  return lines
}

const indented = (text: string): string => text.replaceAll('\n', '\n    ')
