/** Which fields are columns of a table of rows, and how wide they are: as wide as what stands in its first rows. */

import type { FoldedRow } from '../../../../materializer/fold.js'
import { decodeKey } from '../../../../values/decode-key.js'
import { fieldNames } from '../fields.js'
import { keyText, shownField } from '../value-text.js'

export interface Columns {
  /** The fields, in the order in which rows have them. */
  readonly names: readonly string[]
  /** Fields that are the key once more, in every row that was looked at; they need no column. */
  readonly sameAsKey: readonly string[]
  /** In pixels, that of the key first. */
  readonly widths: readonly [number, ...number[]]
}

/** Further fields of a row are seen in the entry. */
const MOST = 12
/** Letters that a column has room for at most. */
const LONGEST = 26
/** An average letter, and the padding, in pixels. */
const LETTER = 7.6
const PADDING = 28

/** `rows`: those to look at, by encoded key. */
export function columnsOf(rows: readonly (readonly [key: string, FoldedRow])[]): Columns {
  const letters = new Map<string, number>()
  const differ = new Set<string>()
  let longestKey = 'key of it'.length
  for (const [encoded, { value }] of rows) {
    const key = decodeKey(encoded)
    longestKey = Math.max(longestKey, keyText(key).length)
    for (const name of fieldNames(value)) {
      const text = shownField(value.json, value.notes, name)?.text ?? ''
      letters.set(name, Math.max(letters.get(name) ?? name.length, text.length))
      if (text !== String(key)) differ.add(name)
    }
  }
  const all = [...letters.keys()]
  const names = all.filter((name) => differ.has(name)).slice(0, MOST)
  const width = (count: number) => Math.round(Math.min(count, LONGEST) * LETTER) + PADDING
  return {
    names,
    sameAsKey: all.filter((name) => !differ.has(name)),
    widths: [width(longestKey) + 8, ...names.map((name) => width(letters.get(name) ?? 0))],
  }
}
