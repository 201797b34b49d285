/** The examples of docs/testing.md, as an author of a driver runs them. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { BORDER_FOCUSES, BRANCHES, FAULT_CLASSES, KINDS } from '../../src/testing.js'
import { appFolder, codeBlocks, runCode } from './run-code.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/testing.md'), 'utf8')
const [driver, suite, live, explored, source, simulated, ...others] = codeBlocks(page) as [
  string,
  string,
  string,
  string,
  string,
  string,
]

let remove: (() => void) | undefined
afterEach(() => {
  remove?.()
  remove = undefined
})

test('every example is run here', () => {
  expect(others).toEqual([])
})

test('the driver of the page passes the suite, in less than five lines', () => {
  expect(suite.trim().split('\n').length).toBeLessThanOrEqual(5)
  // Inside of the project, whose vitest it uses.
  const folder = mkdtempSync(join(root, 'build/docs-'))
  remove = () => rmSync(folder, { recursive: true })
  writeFileSync(join(folder, 'my-driver.ts'), driver)
  writeFileSync(join(folder, 'my-driver.test.ts'), suite)
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default { test: { testTimeout: 120000 } }')
  const results = JSON.parse(
    execFileSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--reporter=json'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  expect(results).toMatchObject({ success: true, numFailedTests: 0, numPendingTests: 0 })
  expect(results.numPassedTests).toBeGreaterThan(40)
}, 600_000)

test('the example of checkLog prints what was checked', () => {
  const app = appFolder()
  remove = app.remove
  expect(runCode(app.folder, live)).toContain('{ entries: 2, rows: 1, collections: 1,')
})

test('the example of simulate reaches what it is after', () => {
  const app = appFolder()
  remove = app.remove
  expect(runCode(app.folder, simulated)).toBe('10 true true\n')
})

test('the example of exploreBorder reaches what it is after', () => {
  const app = appFolder()
  remove = app.remove
  expect(runCode(app.folder, explored)).toBe('20 true\n')
})

test('the source of the page passes, and its mutations are confirmed', () => {
  const app = appFolder()
  remove = app.remove
  expect(runCode(app.folder, source)).toBe('20 true\n')
})

test('the page names every kind, every fault and every focus', () => {
  for (const name of [...KINDS, ...FAULT_CLASSES, ...BORDER_FOCUSES]) expect(page).toContain(`\`${name}\``)
  expect(BRANCHES.length).toBeGreaterThan(10)
})
