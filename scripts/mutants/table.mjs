// The table of mutants in docs/reliability.md: between two marks, made by `npm run mutants -- --write`.

const BEGIN = '<!-- mutants: made by `npm run mutants -- --write` -->'
const END = '<!-- end of mutants -->'

/** The table of what was tried. */
export const tableOf = (results) =>
  [
    '| mutant | where | caught by |',
    '|---|---|---|',
    ...results.map(({ name, file, caughtBy }) => `| ${name} | \`${file}\` | ${cell(caughtBy)} |`),
  ].join('\n')

const cell = (caughtBy) => {
  if (caughtBy === undefined) return '**nothing**'
  const [file, ...name] = caughtBy.split(': ')
  return `\`${file}\`: ${name.join(': ').replaceAll('|', '\\|')}`
}

/** The page with another table. */
export function page(text, table) {
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error('docs/reliability.md has no marks for the table of mutants')
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`
}

/** The rows of the table on the page, each as [name, file, caught by]. */
export const rowsOf = (text) =>
  (text.split(BEGIN)[1]?.split(END)[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| mutant '))
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((text) => text.replaceAll('`', '').replaceAll('\\|', '|')),
    )
    .map(([name, file, caughtBy]) => [name, file, caughtBy === '**nothing**' ? undefined : caughtBy])
