// Runs every suite: the whole of it on this Node, and what concerns node:sqlite on Node 22 and 24 as well.
// Those come as npm packages in test/runtimes and are installed when they are missing. Arguments go to vitest.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { findChromium, findFirefox } from './browsers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const runtimes = join(root, 'test/runtimes')
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const results = mkdtempSync(join(tmpdir(), 'daybook-test-'))
const totals = { passed: 0, failed: 0 }

installRuntimes()
suite('everything', process.execPath, {}, process.argv.slice(2))
// Finds Chromium, installs it, or says what to do.
findChromium()
suite('in Chromium', process.execPath, { DAYBOOK_SUITE: 'browser' }, [])
if (findFirefox() !== undefined) suite('in Firefox', process.execPath, { DAYBOOK_SUITE: 'firefox' }, [])
else console.log('\nNothing was tested in Firefox: it is not installed (FIREFOX_PATH).')
for (const name of ['node22', 'node24']) {
  const node = join(runtimes, 'node_modules', name, 'bin/node')
  if (existsSync(node)) suite(`node:sqlite on ${name}`, node, { DAYBOOK_SUITE: 'node-sqlite' }, [])
  else console.log(`\nnode:sqlite was not tested on ${name}: its package is for Linux on x64.`)
}
rmSync(results, { recursive: true })

console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exit(totals.failed > 0 ? 1 : 0)

function suite(name, node, env, args) {
  console.log(`\n── ${name} ──`)
  const outputFile = join(results, `${name.replaceAll(/\W+/g, '-')}.json`)
  const { status } = spawnSync(
    node,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`, ...args],
    { cwd: root, env: { ...process.env, ...env }, stdio: 'inherit' },
  )
  if (!existsSync(outputFile)) {
    totals.failed++
    return
  }
  const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(outputFile, 'utf8'),
  )
  const skipped = numPendingTests + numTodoTests
  if (skipped > 0 && args.length === 0)
    console.error(`${skipped} tests were skipped; a skipped test counts as failed.`)
  totals.passed += numPassedTests
  const failed = numFailedTests + (args.length === 0 ? skipped : 0)
  // A suite that fails outside of its tests (an import, an unhandled error) fails the run as well.
  totals.failed += failed > 0 ? failed : status === 0 ? 0 : Math.max(1, numFailedTestSuites)
}

function installRuntimes() {
  const linux = process.platform === 'linux' && process.arch === 'x64'
  const needed = ['better-sqlite3/package.json', ...(linux ? ['node22/bin/node', 'node24/bin/node'] : [])]
  if (needed.every((file) => existsSync(join(runtimes, 'node_modules', file)))) return
  console.log('Installing Node 22, Node 24 and better-sqlite3 13 from npm into test/runtimes …')
  const { status } = spawnSync(
    'npm',
    ['ci', '--prefix', runtimes, '--ignore-scripts', '--no-audit', '--no-fund'],
    {
      stdio: 'inherit',
    },
  )
  if (status === 0) return
  console.error('They could not be installed, so node:sqlite cannot be tested.')
  process.exit(1)
}
