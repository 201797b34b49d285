/**
 * What a page and its worker load, minified and compressed, without @tanstack/db and without the wasm: a file with all
 * files that it needs at once. The limits are where we are: a change that goes beyond one says why.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const kB = 1000

let page = 0
let codeOfPage = ''
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
  const isCalled = (name: string) => (file: { fileName: string }) =>
    file.fileName.startsWith(`assets/${name}-`)
  const chunks = output.filter((file) => file.type === 'chunk')
  /** The files that are loaded with one of this name. */
  const loadedWith = (name: string): Set<Rolldown.OutputChunk> => {
    const found = new Set(chunks.filter(isCalled(name)))
    for (const chunk of found) {
      for (const each of chunks) if (chunk.imports.includes(each.fileName)) found.add(each)
    }
    return found
  }
  const compressed = (code: string | Uint8Array): number => gzipSync(code, { level: 9 }).length
  const sizeOf = (files: Iterable<Rolldown.OutputChunk>): number =>
    Array.from(files).reduce((sum, { code }) => sum + compressed(code), 0)
  const filesOfPage = loadedWith('index')
  codeOfPage = Array.from(filesOfPage, ({ code }) => code).join('\n')
  page = sizeOf(filesOfPage)
  synced = sizeOf([...loadedWith('synced-run')].filter((file) => !filesOfPage.has(file)))
  // The worker's files are assets of the page: what they import is only in their text.
  const assets = new Map(
    output.flatMap((file) => (file.type === 'asset' ? [[file.fileName, file.source]] : [])),
  )
  const ofWorker = new Set([...assets.keys()].filter((fileName) => isCalled('browser-worker')({ fileName })))
  for (const fileName of ofWorker) {
    const source = String(assets.get(fileName))
    for (const [, name] of source.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) ofWorker.add(`assets/${name}`)
    worker += compressed(source)
  }
  console.log(`page ${page}, synced collections ${synced} more, worker ${worker} bytes`)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what every page loads', () => {
  expect(page).toBeGreaterThan(kB)
  // With everything that an open daybook needs, subsets that are kept complete, the writer's order, codecs, which stay on
  // the page, why a worker cannot be loaded, and what ends when the database is destroyed.
  expect(page).toBeLessThan(33 * kB)
})

test('what a page with a synced collection has loaded then', () => {
  expect(synced).toBeGreaterThan(kB)
  // With the recorder, adapters for Query and Electric, and what contexts ask of each other's sources.
  expect(page + synced).toBeLessThan(49 * kB)
})

test('what a worker loads', () => {
  expect(worker).toBeGreaterThan(kB)
  // With retention by bytes and age, digests of rows, what reads redacted parts, a look at the pool before it is opened,
  // the notice board, what says why an op is malformed, and a look at whether the log is still the same.
  expect(worker).toBeLessThan(65.5 * kB)
})

test('a page loads no SQL', () => {
  expect(codeOfPage.length).toBeGreaterThan(kB)
  expect(codeOfPage.match(/daybook_log|\bselect\b|insert into|kysely|wa-sqlite/i)).toBeNull()
})

test('the entries for Node load no wasm', () => {
  const seen = new Set<string>()
  const packages: string[] = []
  const walk = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?'([^']+)'/g)) {
      if (name.startsWith('.')) walk(join(dirname(file), name))
      else packages.push(name)
    }
  }
  for (const entry of ['node.js', 'node-sqlite.js']) walk(join(root, 'dist', entry))
  expect(packages).toContain('@tanstack/db')
  expect(packages.filter((name) => name.includes('wasm') || name.includes('wa-sqlite'))).toEqual([])
})
