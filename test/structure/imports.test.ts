/** The borders between the folders (docs/architecture.md): imports only point down, in no circle, those of types and those on request included. */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** From the bottom to the top; a file may import from its own layer and from those before it. */
const LAYERS = [
  'errors',
  'values',
  'drivers',
  'log',
  'materializer',
  'runtime/journal',
  'runtime',
  'testing',
  'entry point',
  'cli',
]

/** Parts of the runtime that the journal is given: time, and who makes its control entries. */
const GIVEN_TO_THE_JOURNAL = ['runtime/clock.ts', 'runtime/deferred.ts', 'runtime/origin.ts']

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

const importsOf = (file: string): string[] =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/(?:from |import |import\()'(\.[^']+)\.js'/g)].map(
    ([, path]) => relative(source, join(source, dirname(file), `${path}.ts`)),
  )

const packagesOf = (file: string): string[] =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/from '([^.'][^']*)'/g)].map(
    ([, name]) => name as string,
  )

function layerOf(file: string): number {
  if (GIVEN_TO_THE_JOURNAL.includes(file)) return LAYERS.indexOf('runtime/journal')
  const folder = dirname(file)
  if (folder === '.') return file === 'errors.ts' ? 0 : LAYERS.indexOf('entry point')
  if (folder.startsWith('runtime/journal')) return LAYERS.indexOf('runtime/journal')
  return LAYERS.indexOf(folder.split('/')[0] as string)
}

test('every file has a layer', () => {
  expect(files.filter((file) => layerOf(file) === -1)).toEqual([])
})

test('imports only point down', () => {
  const upward = files.flatMap((file) =>
    importsOf(file)
      .filter((imported) => layerOf(imported) > layerOf(file))
      .map((imported) => `${file} → ${imported}`),
  )
  expect(upward).toEqual([])
})

test('there is no circle of imports', () => {
  const circles: string[] = []
  const finished = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
      return
    }
    if (finished.has(file)) return
    for (const imported of importsOf(file)) visit(imported, [...path, file])
    finished.add(file)
  }
  for (const file of files) visit(file, [])
  expect(circles).toEqual([])
})

test('only the runtime touches TanStack DB, the subsets its evaluator, and the machines of the tests its collections', () => {
  const touching = files.filter((file) => packagesOf(file).some((name) => name.startsWith('@tanstack/')))
  expect(
    touching.filter(
      (file) => !/^(runtime|materializer\/subset|testing\/simulation|testing\/border)\//.test(file),
    ),
  ).toEqual([])
})

test('the main entry reaches no database binding and nothing of Node', () => {
  const reached = new Set<string>()
  const reach = (file: string): void => {
    if (reached.has(file)) return
    reached.add(file)
    for (const imported of importsOf(file)) reach(imported)
  }
  reach('index.ts')
  const bindings = [...reached].filter((file) => /better-sqlite3|node-sqlite/.test(file))
  expect(bindings).toEqual([])
  expect([...reached].flatMap(packagesOf).filter((name) => name.startsWith('node:'))).toEqual([])
})
