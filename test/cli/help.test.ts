/** Every verb's help ends with examples; each of them is run, and docs/cli.md is made of the help texts. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { VERBS } from '../../src/cli/verbs.js'
import { makeAppDb } from './app-db.js'
import { daybook, main } from './command.js'

let folder = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-examples-'))
  await makeAppDb(folder)
  symlinkSync(main, join(folder, 'daybook'))
})

afterAll(() => rmSync(folder, { recursive: true }))

const examplesOf = (help: string): string[] =>
  [...help.matchAll(/^ {2}\$ (.*?)(?: {3,}.*)?$/gm)].map(([, command]) => command as string)

describe.each(Object.keys(VERBS))('daybook %s --help', (name) => {
  test('ends with examples that run', async () => {
    const { stdout, code } = await daybook([name, '--help'])
    expect(code).toBe(0)
    const examples = examplesOf(stdout)
    expect(examples.length).toBeGreaterThan(0)
    for (const example of examples) {
      // Each in a copy of its own, so that none depends on another one.
      const copy = mkdtempSync(join(folder, 'copy-'))
      spawnSync('cp', [join(folder, 'app.db'), copy])
      const { status, stderr } = spawnSync('timeout', ['20', 'sh', '-c', example], {
        cwd: copy,
        encoding: 'utf8',
        env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      })
      // 3: it found a difference, which is what the example is for; 124: it goes on until it is interrupted.
      expect({ example, stderr, status: [0, 3, 124].includes(status ?? -1) ? 'fine' : status }).toEqual({
        example,
        stderr,
        status: 'fine',
      })
    }
  })
})

test('docs/cli.md is what `node scripts/cli-page.mjs` makes of the help texts', () => {
  const script = fileURLToPath(new URL('../../scripts/cli-page.mjs', import.meta.url))
  const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
  expect(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')).toBe(stdout)
})
