/** What leaves a file and comes into one: export and import, salvage, redact. */

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { makeAppDb } from './app-db.js'
import { daybook, json } from './command.js'
import { damage, fileOf, put } from './files.js'
import { misfits } from './json-page.js'

let folder = ''
let file = ''
const at = (name: string): string => join(folder, name)

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-moving-'))
  file = await makeAppDb(folder)
})

afterEach(() => rmSync(folder, { recursive: true }))

async function isSound(filename: string): Promise<void> {
  const opened = openDaybook({ filename, retain: 'all' })
  expect((await opened.verify()).findings).toEqual([])
  await opened.close()
}

const bytesOf = (filename: string): Buffer => readFileSync(filename)

describe('export and import', () => {
  test('a log through a pipe is the same log', async () => {
    const before = bytesOf(file)
    const { stdout } = await daybook(['export', file])
    const imported = await daybook(['import', at('copy.db'), '--write'], { input: stdout })
    expect(imported).toMatchObject({ code: 0, stderr: '' })
    expect((await daybook(['log', at('copy.db'), '--json'])).stdout).toBe(
      (await daybook(['log', file, '--json'])).stdout,
    )
    expect((await daybook(['diff', file, at('copy.db')])).code).toBe(0)
    expect(bytesOf(file)).toEqual(before)
    await isSound(at('copy.db'))
    // Again: it has everything.
    const again = await json(['import', at('copy.db'), '--write'], { input: stdout })
    expect(again).toMatchObject({ entries: 0 })
    expect(misfits('import', again)).toEqual([])
  })

  test('rows go into another collection, values and all', async () => {
    expect((await daybook(['export', file, '--rows', 'todos', '-o', at('todos.ndjson')])).code).toBe(0)
    const { code } = await daybook(['import', file, at('todos.ndjson'), '--into', 'copies', '--write'])
    expect(code).toBe(0)
    const rows = async (collection: string) =>
      (
        await json<{ rows: { key: unknown; value: unknown; notes?: unknown }[] }>(['state', file, collection])
      ).rows.map(({ key, value, notes }) => ({ key, value, notes }))
    expect(await rows('copies')).toEqual(await rows('todos'))
    await isSound(file)
  })

  test('without --write nothing is made, and it is said what would be', async () => {
    const { stdout: lines } = await daybook(['export', file])
    const { code, stdout } = await daybook(['import', at('copy.db')], { input: lines })
    expect(code).toBe(0)
    expect(stdout).toContain('Would import 13 lines of entries')
    expect(misfits('import', await json(['import', at('copy.db')], { input: lines }))).toEqual([])
    expect(existsSync(at('copy.db'))).toBe(false)
  })

  test.each(['', 'no JSON', '{"daybook":"entries"}\n', '{"a":1}\n'])(
    'what is no export is refused: %j',
    async (input) => {
      for (const more of [[], ['--write']]) {
        const { code, stderr } = await daybook(['import', at('copy.db'), ...more], { input })
        expect([1, 2]).toContain(code)
        expect(stderr).not.toContain('    at ')
      }
      expect(existsSync(at('copy.db'))).toBe(false)
    },
  )

  test('a file that is there is not written over', async () => {
    writeFileSync(at('todos.ndjson'), 'mine')
    const { code } = await daybook(['export', file, '-o', at('todos.ndjson')])
    expect(code).toBe(2)
    expect(readFileSync(at('todos.ndjson'), 'utf8')).toBe('mine')
  })
})

describe('salvage', () => {
  test('a sound file loses nothing', async () => {
    const salvaged = await json(['salvage', file, '-o', at('new.db')])
    expect(salvaged).toMatchObject({ complete: true })
    expect(misfits('salvage', salvaged)).toEqual([])
    expect((await daybook(['diff', file, at('new.db')])).code).toBe(0)
  })

  test('behind a missing entry the rows are kept, the source is not touched, and the answer is 3', async () => {
    damage(file, 'DELETE FROM daybook_log WHERE seq = 5')
    const before = bytesOf(file)
    const { code, stdout } = await daybook(['salvage', file, '-o', at('new.db')])
    expect(code).toBe(3)
    expect(stdout).toContain('Kept entries 1 to 4.')
    expect(bytesOf(file)).toEqual(before)
    await isSound(at('new.db'))
    const { rows } = await json<{ rows: { key: unknown }[] }>(['state', at('new.db'), 'todos'])
    expect(rows.map(({ key }) => key)).toEqual([1, 3])
  })

  test('a file that was cut short gives what is left', async () => {
    const large = await fileOf(
      Array.from({ length: 400 }, (_, n) => [put('todos', n, { n, text: 'x'.repeat(300) })]),
    )
    truncateSync(large, statSync(large).size - 4096 * 5)
    const { code, stderr } = await daybook(['salvage', large, '-o', at('new.db')])
    expect(stderr).toBe('')
    // 0 where only pages of row tables were lost: the log has all of it.
    expect([0, 3]).toContain(code)
    await isSound(at('new.db'))
  })
})

describe('redact', () => {
  test('shows its plan, and changes nothing without --write', async () => {
    const before = bytesOf(file)
    const plan = await json(['redact', file, '1..3'])
    expect(misfits('redact', plan)).toEqual([])
    expect(plan).toMatchObject({ written: false, record: null })
    expect(bytesOf(file)).toEqual(before)
  })

  test('blanks the values, keeps the rows, and the chain and the rows verify', async () => {
    const rows = (await daybook(['state', file, '--json'])).stdout
    const done = await json(['redact', file, '1..3', '--write'])
    expect(misfits('redact', done)).toEqual([])
    expect(done).toMatchObject({ written: true, record: { seq: 14 } })
    const { stdout } = await daybook(['log', file, '..3', '--data'])
    expect(stdout).toContain('redacted')
    expect(stdout).not.toContain('Bake bread')
    const values = (text: string) =>
      (JSON.parse(text) as { rows: { key: unknown; value: unknown }[] }).rows.map(({ key, value }) => [
        key,
        value,
      ])
    expect(values((await daybook(['state', file, '--json'])).stdout)).toEqual(values(rows))
    await isSound(file)
  })
})
