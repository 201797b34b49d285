// `npm run mutants`: breaks the library, one way at a time, and shows that the tests notice.
//
// Each mutant is a textual patch of one file of src, and the test files that should fail because of it. They are tried in
// copies of the project; nothing here is changed. With `--write` the table of docs/reliability.md is made anew.
//
//   npm run mutants                      all of them
//   npm run mutants -- --only fence      those whose name it fits, a regular expression
//   npm run mutants -- --jobs 4          so many at a time (2)
//   npm run mutants -- --write

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { MUTANTS } from './mutants/list.mjs'
import { page, rowsOf, tableOf } from './mutants/table.mjs'

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
const LINKED = ['node_modules', 'dist', 'build']
/** How long a test file may take, in ms: several times what it takes on a slow machine. */
const PATIENCE = 600_000

const given = process.argv.slice(2)
const option = (name, missing) => (given.includes(name) ? given[given.indexOf(name) + 1] : missing)
const only = option('--only', '')
const chosen = MUTANTS.filter(({ name }) => new RegExp(only).test(name))
const results = new Map()
const waiting = [...chosen]
/** Whether each test file passes without a mutant. */
const unharmed = new Map()
const copies = []

try {
  if (chosen.length === 0) throw new Error(`"${only}" fits the name of no mutant.`)
  await Promise.all(Array.from({ length: Number(option('--jobs', '2')) }, work))
  tell()
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true })
}

/** Tries mutants in a copy of its own, until none is left. */
async function work() {
  const copy = mkdtempSync(join(tmpdir(), 'daybook-mutants-'))
  copies.push(copy)
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true })
  for (const name of LINKED) symlinkSync(join(root, name), join(copy, name))
  for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
    const caughtBy = await tried(mutant, copy)
    results.set(mutant.name, { ...mutant, caughtBy })
    console.log(
      caughtBy === undefined ? `SURVIVED  ${mutant.name}` : `caught    ${mutant.name}\n          ${caughtBy}`,
    )
  }
}

/** The name of the first test that fails with a mutant. */
async function tried({ name, file, from, to, tests }, copy) {
  const path = join(copy, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2) throw new Error(`"${name}": its text is not in ${file} once any more.`)
  for (const test of tests) {
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
    const [caught] = await run(test, copy)
    writeFileSync(path, text)
    if (caught === undefined) continue
    // A test that fails without it as well shows nothing.
    if (!unharmed.has(test)) unharmed.set(test, (await run(test, copy))[0])
    if (unharmed.get(test) !== undefined)
      throw new Error(`Without a mutant this fails already: ${unharmed.get(test)}`)
    return caught
  }
  return undefined
}

/** Runs a test file; answers with the tests that fail. */
async function run(test, copy) {
  const outputFile = join(copy, 'results.json')
  rmSync(outputFile, { force: true })
  const vitest = join(copy, 'node_modules/vitest/vitest.mjs')
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--bail=1', '--reporter=json', `--outputFile=${outputFile}`, test],
    // A mutant may well hang: that is noticed as well.
    {
      cwd: copy,
      stdio: 'ignore',
      env: { ...process.env, FC_SEED: '7' },
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    },
  )
  await new Promise((resolve) => child.once('close', resolve))
  if (!existsSync(outputFile)) return [`${test}: does not come to an end`]
  const { testResults } = JSON.parse(readFileSync(outputFile, 'utf8'))
  return testResults.flatMap(({ status, message, assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === 'failed')
    if (failed.length === 0 && status === 'failed') throw new Error(`${test} cannot run at all: ${message}`)
    return failed.map(({ fullName }) => `${test}: ${fullName}`)
  })
}

function tell() {
  const inOrder = chosen.map(({ name }) => results.get(name))
  const survivors = inOrder.filter(({ caughtBy }) => caughtBy === undefined)
  console.log(`\n${inOrder.length - survivors.length} of ${inOrder.length} mutants were caught.`)
  if (given.includes('--write')) {
    const file = join(root, 'docs/reliability.md')
    const text = readFileSync(file, 'utf8')
    // What was not tried now is there as it was.
    const before = new Map(rowsOf(text).map(([name, , caughtBy]) => [name, caughtBy]))
    const all = MUTANTS.map(
      (mutant) => results.get(mutant.name) ?? { ...mutant, caughtBy: before.get(mutant.name) },
    )
    writeFileSync(file, page(text, tableOf(all)))
  }
  for (const { name, file } of survivors) console.error(`SURVIVED: ${name} (${file})`)
  process.exitCode = survivors.length > 0 ? 1 : 0
}
