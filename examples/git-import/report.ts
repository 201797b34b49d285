/** What the demo prints: numbers, tables and failures. */
import Table from 'cli-table3'
import { DaybookError } from 'daybook'
import { RepositoryError } from './git.js'

export function printFailure(error: unknown): void {
  // What the world can do is said in a sentence; a stack is for a bug.
  const known = error instanceof RepositoryError || error instanceof DaybookError
  const text =
    error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)
  process.stderr.write(`${text}\n`)
}

export function printLine(line = ''): void {
  process.stdout.write(`${line}\n`)
}

export function count(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}

/** Columns of text; numbers are right-aligned. */
export function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const table = new Table({ chars: NO_LINES, style: { 'padding-left': 2, 'padding-right': 1, head: [] } })
  for (const row of rows) {
    table.push(
      row.map((cell) =>
        typeof cell === 'number' ? { content: count(cell), hAlign: 'right' as const } : { content: cell },
      ),
    )
  }
  for (const line of table.toString().split('\n')) printLine(line.trimEnd())
}

const LINES =
  'top top-mid top-left top-right bottom bottom-mid bottom-left bottom-right left left-mid mid mid-mid right right-mid middle'
const NO_LINES = Object.fromEntries(LINES.split(' ').map((name) => [name, '']))
