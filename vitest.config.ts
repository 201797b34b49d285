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

// Real Chromium, one file at a time: scripts/test.mjs and `npm run test:browser` run these by themselves.
const onlyBrowser = process.env.DAYBOOK_SUITE === 'browser'

export default defineConfig({
  test: {
    include: onlyNodeSqlite
      ? ['test/node-sqlite/**/*.test.ts']
      : onlyBrowser
        ? ['test/browser/**/*.test.ts']
        : ['test/**/*.test.{ts,tsx}'],
    exclude: [
      '**/node_modules/**',
      ...(hasNodeSqlite ? [] : ['test/node-sqlite/**']),
      ...(onlyBrowser ? [] : ['test/browser/**']),
    ],
    fileParallelism: !onlyBrowser,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
