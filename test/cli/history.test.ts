/** `daybook history`: what happened to a row. */

import { expect, test } from 'vitest'
import { daybook, json, jsonLines } from './command.js'
import { damage, emptyFile, fileOf, patch, put } from './files.js'
import { lineMisfits, misfits } from './json-page.js'

const HISTORY = [
  [put('todos', 1, { title: 'a' }), put('todos', '1', { title: 'text' })],
  [patch('todos', 1, { title: 'b', due: new Date(0) }), put('lists', 1, {})],
  [{ op: 'meta', collection: 'todos', key: 1, value: { from: 'server' } } as const],
  [{ op: 'truncate', collection: 'todos' } as const],
  [patch('todos', 1, { title: 'c' })],
  [put('todos', 1, { title: 'd' })],
]

interface Item {
  type: string
  seq?: number
  key: unknown
  change?: string
  row?: unknown
}

const told = async (...args: string[]): Promise<unknown[]> =>
  (await json<{ history: Item[] }>(['history', ...args])).history.map(({ seq, key, change }) => [
    seq,
    key,
    change,
  ])

test('every entry that touched the row, with what it changed, and the row as it is now', async () => {
  const file = await fileOf(HISTORY)
  expect(await told(file, 'todos', '"1"')).toEqual([
    [2, '1', 'added'],
    [5, '1', 'removed'],
    [undefined, '1', undefined],
  ])
  expect((await told(file, 'todos', '1')).filter((each) => (each as unknown[])[1] === 1)).toEqual([
    [2, 1, 'added'],
    [3, 1, 'changed'],
    [4, 1, 'changed'],
    [5, 1, 'removed'],
    [6, 1, 'same'],
    [7, 1, 'added'],
    [undefined, 1, undefined],
  ])
  const { stdout, stderr } = await daybook(['history', file, 'todos', '1'])
  expect(stdout).toContain(`    title  'a' → 'b'\n    due  (none) → 1970-01-01T00:00:00.000Z\n`)
  expect(stdout).toContain(`    (metadata)  (none) → { from: 'server' }\n`)
  expect(stdout).toMatch(/now {7}todos 1\n {4}\{ title: 'd' \}\n$/)
  expect(stderr).toBe('')
})

test('as docs/cli-json.md says, also of a trimmed log, of which it says what is unknown', async () => {
  const file = await fileOf([...HISTORY.slice(0, 2), 'compact', ...HISTORY.slice(2)])
  for (const key of ['1', '"1"', 'nope']) {
    expect(misfits('history', await json(['history', file, 'todos', key]))).toEqual([])
    expect((await jsonLines(['history', file, 'todos', key])).flatMap(lineMisfits)).toEqual([])
  }
  const { stdout, stderr, code } = await daybook(['history', file, 'todos', '"1"'])
  expect(stdout).toContain('it is gone, if it was there before')
  expect(stderr).toContain('What came before entry 4 was trimmed.')
  expect(code).toBe(0)
})

test('a damaged file is listed as damaged, and the history goes on', async () => {
  const file = await fileOf(HISTORY)
  damage(file, "DELETE FROM daybook_log WHERE seq = 3; UPDATE daybook_log SET body = 'nothing' WHERE seq = 6")
  const { stdout, stderr, code } = await daybook(['history', file, 'todos', '1'])
  expect(stdout).toMatch(/^1:2 .*added/)
  expect(stdout).toMatch(/^1:7 .*written.*\n.*not known whether it was there/m)
  expect(stderr).toContain('entry 3: missing')
  expect(stderr).toContain('entry 6:')
  expect(code).toBe(0)
  expect(await daybook(['history', emptyFile(), 'todos', '1'])).toMatchObject({ code: 1 })
})
