/** The table for people. */

import Table from 'cli-table3'
import type { Machine } from './machine.js'
import type { Result } from './rounds.js'

/** The machine, a line for each figure, and below it what could not be measured. */
export function table(machine: Machine, results: readonly Result[]): string {
  const table = new Table({
    head: ['name', 'ours', 'theirs', 'ratio', 'goal', 'holds', 'against'],
    colAligns: ['left', 'right', 'right', 'right', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  })
  table.push(...results.map(cells))
  // All figures of a case fail together.
  const errors = new Set(results.flatMap(({ error }) => error ?? []))
  return [
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
    '',
    table.toString(),
    ...[...errors].map((error) => {
      const names = results.filter((result) => result.error === error).map(({ name }) => name)
      return `\nCould not be measured: ${names.join(', ')}\n${error}`
    }),
  ].join('\n')
}

function cells({ name, ours, theirs, ratio, goal, holds, against, unit }: Result): string[] {
  const answer = holds === null ? '–' : holds ? 'yes' : 'NO'
  return [name, amount(ours, unit), amount(theirs, unit), number(ratio), goal ?? '–', answer, against]
}

const amount = (value: number | null, unit: string): string =>
  value === null ? '–' : `${number(value)}${unit === '/s' ? unit : ` ${unit}`}`

const number = (value: number | null): string =>
  value === null ? '–' : value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 2 : 0 })
