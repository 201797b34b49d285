// `npm run mutants`: breaks the library, one way at a time, and shows that the tests notice.
//
// Each mutant is a textual patch of one file of src, and the test files that should fail because of it. They are tried in
// a copy of the project; nothing here is changed. With `--write` the table of docs/reliability.md is made anew.
//
//   npm run mutants                      all of them
//   npm run mutants -- --only fence      those with this in their name
//   npm run mutants -- --write

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MUTANTS } from './mutants/list.mjs'
import { page, tableOf } from './mutants/table.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const COPIED = [
  'src',
  'test',
  'examples',
  'scripts',
  'docs',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
]
const given = process.argv.slice(2)
const only = given.includes('--only') ? given[given.indexOf('--only') + 1] : ''
const chosen = MUTANTS.filter(({ name }) => name.includes(only))
if (chosen.length === 0) fail(`No mutant has "${only}" in its name.`)

/** How long a test file may take, in ms: several times what it takes on a slow machine. */
const PATIENCE = 600_000

const copy = mkdtempSync(join(tmpdir(), 'daybook-mutants-'))
const results = []
try {
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  for (const name of ['node_modules', 'dist', 'build']) symlinkSync(join(root, name), join(copy, name))
  for (const mutant of chosen) results.push({ ...mutant, caughtBy: tried(mutant) })
} finally {
  rmSync(copy, { recursive: true, force: true })
}

const survivors = results.filter(({ caughtBy }) => caughtBy === undefined)
console.log(`\n${results.length - survivors.length} of ${results.length} mutants were caught.`)
if (given.includes('--write') && only === '') {
  const file = join(root, 'docs/reliability.md')
  writeFileSync(file, page(readFileSync(file, 'utf8'), tableOf(results)))
}
for (const { name, file } of survivors) console.error(`SURVIVED: ${name} (${file})`)
process.exitCode = survivors.length > 0 ? 1 : 0

/** The name of the first test that fails with a mutant. */
function tried({ name, file, from, to, tests }) {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2)
    fail(`"${name}" does not fit ${file} any more: its text is not there once.`)
  writeFileSync(
    path,
    text.replace(from, () => to),
  )
  try {
    for (const test of tests) {
      const [caught] = run(test)
      if (caught === undefined) continue
      // A test that fails without it as well shows nothing.
      writeFileSync(path, text)
      if (!passesUnharmed(test)) fail(`Without any mutant these fail already:\n${run(test).join('\n')}`)
      console.log(`caught    ${name}\n          by ${caught}`)
      return caught
    }
    console.log(`SURVIVED  ${name}`)
    return undefined
  } finally {
    writeFileSync(path, text)
  }
}

const unharmed = new Map()

function passesUnharmed(test) {
  if (!unharmed.has(test)) unharmed.set(test, run(test).length === 0)
  return unharmed.get(test)
}

/** Runs a test file; answers with the tests that fail. */
function run(test) {
  const outputFile = join(copy, 'results.json')
  rmSync(outputFile, { force: true })
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  spawnSync(
    process.execPath,
    [vitest, 'run', '--bail=1', '--reporter=json', `--outputFile=${outputFile}`, test],
    // A mutant may well hang: that is noticed as well.
    {
      cwd: copy,
      encoding: 'utf8',
      env: { ...process.env, FC_SEED: '7' },
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    },
  )
  let results
  try {
    results = JSON.parse(readFileSync(outputFile, 'utf8')).testResults
  } catch {
    return [`${test}: does not come to an end`]
  }
  return results.flatMap(({ status, message, assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === 'failed')
    if (failed.length === 0 && status === 'failed') fail(`${test} cannot run at all: ${message}`)
    return failed.map(({ fullName }) => `${test}: ${fullName}`)
  })
}

function fail(message) {
  console.error(message)
  rmSync(copy ?? '', { recursive: true, force: true })
  process.exit(1)
}
