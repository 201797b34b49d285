/**
 * Runs every `@example` of the sources. Where a line ends in `// value`, or the next one is `// value`, the result must
 * equal that value.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCollection, createTransaction } from '@tanstack/db'
import { Decimal } from 'decimal.js'
import ts from 'typescript'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as words from '../../src/cli/output/words.js'
import { verb } from '../../src/cli/verb.js'
import { all } from '../../src/drivers/program.js'
import { createDriver } from '../../src/drivers/runner.js'
import { digest } from '../../src/log/checksum.js'
import * as node from '../../src/node.js'
import { checkLog, exploreBorder, replayBorder } from '../../src/testing.js'
import { decodeKey } from '../../src/values/decode-key.js'
import { encodeKey } from '../../src/values/key.js'
import { sameValue } from '../../src/values/same.js'
import { decodeValue, encodeValue } from '../../src/values/value.js'
import { memoryConnection } from './memory-connection.js'

const source = fileURLToPath(new URL('../../src', import.meta.url))

interface Example {
  readonly name: string
  readonly code: string
}

const examples: Example[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  // Those of the browser run in one: test/browser/examples.test.ts.
  .filter((file) => file.endsWith('.ts') && file !== 'node-sqlite.ts' && !file.includes('browser'))
  .flatMap((file) => {
    const text = readFileSync(join(source, file), 'utf8')
    return [...text.matchAll(/^ *\* @example\n([\s\S]*?) *\*\//gm)].map(([, body], index) => ({
      name: `${file} ${index + 1}`,
      code: (body as string).replaceAll(/^ *\* ?/gm, ''),
    }))
  })

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-examples-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(10)
})

test.each(examples)('the example of $name holds', async ({ code }) => {
  const daybook = node.openDaybook({ filename: join(folder, 'scope.db') })
  const opened: node.Daybook[] = [daybook]
  const at = (path: string): string => join(folder, path)
  const { backup } = daybook
  daybook.backup = (path) => backup.call(daybook, at(path))
  for (const filename of ['app.db', 'old.db']) {
    if (!code.includes(`'${filename}'`) || code.includes('openDaybook')) continue
    const other = node.openDaybook({ filename: at(filename) })
    await other.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1 } }])
    await other.close()
  }
  const scope = {
    ...node,
    exportEntries: (file: string) => node.exportEntries(at(file)),
    importEntries: (file: string, lines: node.Lines) => node.importEntries(at(file), lines),
    exportRows: (file: string, id: string) => node.exportRows(at(file), id),
    salvage: (from: string, to: string) => node.salvage(at(from), at(to)),
    process: { stdout: { write: () => true } },
    openDaybook: (options: { filename: string }) => {
      opened.push(node.openDaybook({ filename: join(folder, options.filename) }))
      return opened.at(-1)
    },
    ...{
      createCollection,
      createTransaction,
      digest,
      encodeKey,
      decodeKey,
      encodeValue,
      decodeValue,
      sameValue,
      createDriver,
      checkLog,
      exploreBorder,
      replayBorder,
      all,
    },
    ...{ ...words, verb, Decimal },
    ...{ daybook: code.includes('const daybook =') ? undefined : daybook, report: () => undefined },
    ...{
      connection: memoryConnection(),
      statement: { sql: 'SELECT 1' },
      expect,
      console: { log: () => undefined },
    },
  }
  const names = Object.keys(scope).filter((name) => !new RegExp(`const ${name}\\b`).test(code))
  try {
    await runAsync(
      names,
      checked(code),
      names.map((name) => scope[name as keyof typeof scope]),
    )
  } finally {
    await Promise.all(opened.map((each) => each.close()))
  }
})

/** Each `expression // value` as an assertion. */
const checked = (code: string): string =>
  code
    .replaceAll(/\n\/\/ /g, ' // ')
    .replaceAll(
      /^(?!const |import |for )(.+?) \/\/ (.+)$/gm,
      (_, expression, value) => `expect(${expression}).toEqual(${value})`,
    )

async function runAsync(names: string[], code: string, values: unknown[]): Promise<void> {
  const { outputText } = ts.transpileModule(`async function example() {\n${code}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  })
  await new Function(...names, `${outputText}\nreturn example()`)(...values)
}
