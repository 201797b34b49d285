// Makes docs/errors.md from src/errors: `node scripts/errors-page.mjs > docs/errors.md`. A test compares them.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = new URL('../src/errors/', import.meta.url)
const source = readdirSync(folder)
  .sort()
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n')

const CLASS =
  /\/\*\* ((?:[^*]|\*(?!\/))*) \*\/\nexport class (\w+) extends DaybookError \{\n {2}static override readonly code = '(\w+)'([\s\S]*?)\n\}/g

export function errorsPage() {
  const errors = [...source.matchAll(CLASS)].map(([, meaning, name, code, body]) => ({
    meaning: meaning.replaceAll(/\s*\n \*\s*/g, ' '),
    name,
    code,
    fields: [...body.matchAll(/readonly (\w+): /g)]
      .map(([, field]) => field)
      .filter((field) => field !== 'code'),
  }))
  const rows = errors.map(
    ({ name, code, meaning, fields }) =>
      `| \`${name}\` | \`${code}\` | ${meaning} | ${fields.map((field) => `\`${field}\``).join(', ')} |`,
  )
  return [
    '# Errors',
    '',
    'Every failure is a class of its own with a stable `code`. Branch on the code (it survives bundlers, copies of the',
    'package and message channels); messages may change. Each message ends with what to do. The facts are fields, and',
    "what SQLite or the runtime said is the error's `cause`.",
    '',
    'An error goes to the one it concerns: it rejects the promise of the call that failed; or it puts a collection into',
    "`error` when its rows cannot be loaded; or, where it concerns no caller, it is an `error` event: `daybook.on('error',",
    '…)`. An `error` event that nobody listens to becomes an uncaught exception.',
    '',
    'This page is made from `src/errors` (`node scripts/errors-page.mjs > docs/errors.md`).',
    '',
    '| class | code | what happened | fields |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(errorsPage())
