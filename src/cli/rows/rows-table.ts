/**
 * Rows as a table: a column for each field. Cells are as wide as they need to be, or as the terminal allows; rows of which
 * the columns would become too narrow to read are shown one below the other.
 */

import type { KnownRow } from '../../materializer/past/known-row.js'
import type { PastCollection } from '../../materializer/past/told.js'
import type { Output } from '../output/output.js'
import { fieldOf, metadataOf } from './field-changes.js'
import { rowLines, storedValueText, UNKNOWN_TEXT } from './row-text.js'

/** No column becomes narrower to make room for others. */
const NARROWEST = 10

/** Between two columns. */
const GAP = 2

/** As many rows tell the columns and their widths. */
const SAMPLE = 200

type Rows = PastCollection['rows']

export function* rowsTable(rows: Rows, out: Output): Generator<string> {
  const sample = [...rows.values()].slice(0, SAMPLE)
  const names = [
    ...new Set(
      sample.flatMap(({ row, open }) => [...Object.keys(row.value.json as object), ...(open ?? [])]),
    ),
  ]
  const hasMetadata = sample.some((row) => !['absent', 'unknown'].includes(metadataOf(row) as string))
  const hasMore = sample.some(isOpenEnded)
  const columns = [...names, ...(hasMetadata ? [METADATA] : []), ...(hasMore ? [MORE] : [])]
  const first = [...rows].slice(0, SAMPLE).map(([key, row]) => cellsOf(key, row, columns, out))
  const header = ['key', ...columns]
  const widths = fitting(
    header.map((name, at) => Math.max(...[name, ...first.map((cells) => cells[at] as string)].map(lengthOf))),
    out.width,
  )
  if (widths === undefined) {
    for (const [key, row] of rows) yield* [out.colours.yellow(key), ...rowLines(row, out)]
    return
  }
  yield out.colours.dim(lineOf(header, widths))
  for (const [key, row] of rows) yield lineOf(cellsOf(key, row, columns, out), widths, out)
}

/** It may have fields that no column is for. */
const isOpenEnded = ({ whole, open }: KnownRow): boolean => !whole && open === undefined

const METADATA = '(metadata)'
const MORE = '(more)'

function cellsOf(key: string, row: KnownRow, columns: readonly string[], out: Output): string[] {
  const cells = columns.map((name) => {
    if (name === MORE)
      return !isOpenEnded(row) ? '' : row.exists ? UNKNOWN_TEXT : `${UNKNOWN_TEXT} if it exists`
    const state = name === METADATA ? metadataOf(row) : fieldOf(row, name)
    if (state === 'absent') return ''
    if (state === 'unknown') return UNKNOWN_TEXT
    return storedValueText(state, out, Number.POSITIVE_INFINITY, false).replaceAll('\n', ' ')
  })
  // A row of a damaged file may have a key that is no text.
  return [String(key), ...cells]
}

/** The widths of columns that fit into a line; nothing where they cannot. */
function fitting(wanted: readonly number[], width: number): number[] | undefined {
  const widths = [...wanted]
  let excess = widths.reduce((sum, each) => sum + each + GAP, -GAP) - width
  while (excess > 0) {
    const widest = Math.max(...widths)
    if (widest <= NARROWEST) return undefined
    const second = Math.max(NARROWEST, ...widths.filter((each) => each < widest))
    const which = widths.flatMap((each, at) => (each === widest ? [at] : []))
    const less = Math.min(widest - second || 1, Math.ceil(excess / which.length))
    for (const at of which) {
      if (excess <= 0) break
      widths[at] = widest - Math.min(less, excess)
      excess -= Math.min(less, excess)
    }
  }
  return widths
}

function lineOf(cells: readonly string[], widths: readonly number[], out?: Output): string {
  const line = cells.map((cell, at) => {
    const width = widths[at] as number
    const shown = lengthOf(cell) <= width ? cell : `${[...cell].slice(0, width - 1).join('')}…`
    const padded = shown + ' '.repeat(Math.max(0, width - lengthOf(shown)))
    return at === 0 && out !== undefined ? out.colours.yellow(padded) : padded
  })
  return line.join(' '.repeat(GAP)).trimEnd()
}

// Code points: near enough for what an app keeps in a row.
const lengthOf = (text: string): number => [...text].length
