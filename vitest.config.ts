import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

const hasNodeSqlite = (() => {
  try {
    createRequire(import.meta.url)('node:sqlite')
    return true
  } catch {
    return false
  }
})()

// Node versions that better-sqlite3 was not compiled for run the suites that need node:sqlite only (scripts/test.mjs).
const onlyNodeSqlite = process.env.DAYBOOK_SUITE === 'node-sqlite'

// Real browsers, one file at a time: scripts/test.mjs and `npm run test:browser` run these by themselves.
const browserFolder = { browser: 'browser', firefox: 'firefox' }[process.env.DAYBOOK_SUITE ?? '']

export default defineConfig({
  test: {
    include: onlyNodeSqlite
      ? ['test/node-sqlite/**/*.test.ts']
      : browserFolder !== undefined
        ? [`test/${browserFolder}/**/*.test.ts`]
        : ['test/**/*.test.{ts,tsx}'],
    exclude: [
      '**/node_modules/**',
      ...(hasNodeSqlite ? [] : ['test/node-sqlite/**']),
      ...(browserFolder === undefined ? ['test/browser/**', 'test/firefox/**'] : []),
    ],
    fileParallelism: browserFolder === undefined,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // How long a state may take to come is no subject of a test.
    expect: { poll: { timeout: 20_000 } },
  },
})
