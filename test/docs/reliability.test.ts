/** docs/reliability.md: its mutants are those of scripts/mutants, every one of them caught, and each still fits the sources. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
// @ts-expect-error a script without types
import { MUTANTS } from '../../scripts/mutants/list.mjs'
// @ts-expect-error a script without types
import { rowsOf } from '../../scripts/mutants/table.mjs'

interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
  readonly tests: readonly string[]
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const page = read('docs/reliability.md')
const mutants = MUTANTS as readonly Mutant[]
const rows = rowsOf(page) as readonly [name: string, file: string, caughtBy: string][]

test('the table names all mutants, and what caught each', () => {
  expect(mutants.length).toBeGreaterThanOrEqual(25)
  expect(rows.map(([name, file]) => [name, file])).toEqual(mutants.map(({ name, file }) => [name, file]))
  for (const [, , caughtBy] of rows) expect(caughtBy).toMatch(/^test\/\S+\.test\.tsx?: \S/)
})

test('every mutant has a name of its own, and changes something that the sources have once', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
  for (const { name, file, from, to, tests } of mutants) {
    expect(read(file).split(from).length - 1, `${name}: how often its text is in ${file}`).toBe(1)
    expect(to).not.toBe(from)
    expect(tests.filter((each) => !existsSync(join(root, each)))).toEqual([])
  }
})

test('every command and every file on the page is there', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const commands = [...page.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string)
  expect(commands.length).toBeGreaterThan(5)
  for (const name of commands) expect(scripts).toHaveProperty([name])
  const paths = [...page.matchAll(/\btest\/[\w./-]*\w/g)].map(([path]) => path)
  expect([...new Set(paths)].filter((path) => !existsSync(join(root, path)))).toEqual([])
})
