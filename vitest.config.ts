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

export default defineConfig({
  test: {
    include: onlyNodeSqlite ? ['test/node-sqlite/**/*.test.ts'] : ['test/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', ...(hasNodeSqlite ? [] : ['test/node-sqlite/**'])],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
