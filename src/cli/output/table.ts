/** Columns of text without lines; numbers are right-aligned. */

import Table from 'cli-table3'
import { grouped } from './words.js'

export type Cell = string | number

const EDGES = [
  ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
  ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
]
const WITHOUT_LINES = { ...Object.fromEntries(EDGES.map((edge) => [edge, ''])), middle: '  ' }

/** The lines of a table. */
export function layOut(rows: readonly (readonly Cell[])[]): string[] {
  const table = new Table({
    chars: WITHOUT_LINES,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
  })
  for (const row of rows) {
    table.push(
      row.map((cell) =>
        typeof cell === 'number' ? { content: grouped(cell), hAlign: 'right' as const } : { content: cell },
      ),
    )
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}
