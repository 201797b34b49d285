/** What the demo prints: numbers, tables and failures. */
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

/** Columns of text under a heading; a column is right-aligned when its first cell is a number. */
export function printTable(rows: readonly (readonly (string | number)[])[]): void {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? count(cell) : cell)))
  const widths = texts.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  const last = rows.at(-1) ?? []
  for (const row of texts) {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0
      return typeof last[column] === 'number' ? cell.padStart(width) : cell.padEnd(width)
    })
    printLine(`  ${cells.join('   ').trimEnd()}`)
  }
}
