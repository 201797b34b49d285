/**
 * What a page and its worker load, minified and compressed, without @tanstack/db and without the wasm. The limits are
 * where we are: a change that goes beyond one says why.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const kB = 1000

let page = 0
let synced = 0
let worker = 0
let folder = ''

beforeAll(async () => {
  // Inside of the project: which of its modules have side effects is said in its package.json.
  folder = mkdtempSync(join(root, 'build/size-'))
  writeFileSync(join(folder, 'index.html'), '<script type="module" src="./page.js"></script>')
  writeFileSync(
    join(folder, 'page.js'),
    `import { openDaybook, persistedCollectionOptions } from '${join(root, 'dist/browser.js')}'
    globalThis.kept = [openDaybook, persistedCollectionOptions]`,
  )
  const { output } = (await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    worker: { format: 'es' },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: { external: (id) => id.startsWith('@tanstack/db') },
    },
  })) as Rolldown.RolldownOutput
  const sizeOf = (name: string): number => {
    const file = output.find(({ fileName }) => fileName.startsWith(`assets/${name}-`))
    return gzipSync(file === undefined ? '' : 'code' in file ? file.code : file.source, { level: 9 }).length
  }
  page = sizeOf('index')
  synced = sizeOf('synced-run')
  worker = sizeOf('browser-worker')
  console.log(`page ${page}, synced collections ${synced} more, worker ${worker} bytes`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what every page loads', () => {
  expect(page).toBeGreaterThan(kB)
  expect(page).toBeLessThan(19.5 * kB)
})

test('what a page with a synced collection loads besides', () => {
  expect(synced).toBeGreaterThan(kB)
  expect(synced).toBeLessThan(9.5 * kB)
})

test('what a worker loads', () => {
  expect(worker).toBeGreaterThan(kB)
  expect(worker).toBeLessThan(61.5 * kB)
})
