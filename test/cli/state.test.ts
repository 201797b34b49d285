/** `daybook state`: the rows at a position. */

import { describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { copyAsKilled, newFile } from '../support/files.js'
import { daybook, json, jsonLines } from './command.js'
import { damage, emptyFile, fileOf, foreignFile, patch, put } from './files.js'
import { lineMisfits, misfits } from './json-page.js'

const HISTORY = [
  [
    put('todos', 1, { title: 'Buy milk' }),
    put('todos', '1', { title: 'text' }),
    put('lists', 'home', { n: 2n }),
  ],
  [patch('todos', 1, { done: true })],
  [{ op: 'state', collection: 'todos', name: 'token', value: 17 } as const],
  [
    { op: 'delete', collection: 'todos', key: '1' } as const,
    { op: 'meta', collection: 'todos', key: 1, value: 'm' } as const,
  ],
  [{ op: 'truncate', collection: 'lists' } as const],
]

interface Item {
  collection: string
  key?: unknown
  value?: unknown
  known?: string
  type: string
}

const rowsAt = async (file: string, at: string, ...more: string[]): Promise<unknown[]> =>
  (await json<{ rows: Item[] }>(['state', file, '--at', at, ...more])).rows.map(
    ({ collection, key, value }) => [collection, key, value],
  )

describe('the rows', () => {
  test('are what they were at each position, and 1 is not "1"', async () => {
    const file = await fileOf(HISTORY)
    expect(await rowsAt(file, '1')).toEqual([])
    expect(await rowsAt(file, '2')).toEqual([
      ['lists', 'home', { n: '2' }],
      ['todos', 1, { title: 'Buy milk' }],
      ['todos', '1', { title: 'text' }],
    ])
    expect(await rowsAt(file, '3', 'todos')).toEqual([
      ['todos', 1, { title: 'Buy milk', done: true }],
      ['todos', '1', { title: 'text' }],
    ])
    expect(await rowsAt(file, '@head')).toEqual([['todos', 1, { title: 'Buy milk', done: true }]])
    expect(await rowsAt(file, '2', 'todos', '--key', '"1"')).toEqual([['todos', '1', { title: 'text' }]])
    expect(await rowsAt(file, '2', 'todos', '--key', '1')).toHaveLength(2)
  })

  test('are a table, or one below the other where a terminal is too narrow for one', async () => {
    const file = await fileOf(HISTORY)
    const { stdout } = await daybook(['state', file, '--at', '3'])
    expect(stdout).toBe(
      [
        `lists  1 row`,
        `key     n`,
        `"home"  2n`,
        ``,
        `todos  2 rows`,
        `key  title       done`,
        `1    'Buy milk'  true`,
        `"1"  'text'`,
        ``,
      ].join('\n'),
    )
    const meta = await daybook(['state', file, 'todos', '--meta'])
    expect(meta.stdout).toContain(`(metadata)\n1    'Buy milk'  true  'm'`)
    expect(meta.stdout).toContain('(state) "token"  17')
  })

  test('of a trimmed log are known or unknown, in text and as docs/cli-json.md says', async () => {
    const file = await fileOf([
      ...HISTORY.slice(0, 3),
      'compact',
      [patch('todos', 1, { done: 'again' })],
      ...HISTORY.slice(3),
    ])
    const lines = await jsonLines<Item>(['state', file, '--at', '@floor', '--meta'])
    expect(lines.flatMap(lineMisfits)).toEqual([])
    expect(lines).toMatchObject([
      { type: 'unknown-rows', collection: 'lists' },
      {
        type: 'state-row',
        collection: 'todos',
        key: 1,
        known: 'some',
        value: { title: 'Buy milk' },
        unknown: ['done'],
      },
      { type: 'state-row', collection: 'todos', key: '1', known: 'nothing', exists: 'unknown' },
      { type: 'state-value', name: 'token' },
    ])
    const { stdout } = await daybook(['state', file, '--at', '@floor'])
    expect(stdout).toContain('? there may have been rows that the log does not name any more')
    expect(stdout).toMatch(/^1 {4}'Buy milk' {2}\?$/m)
    expect(misfits('state', await json(['state', file, '--at', '@head', '--meta']))).toEqual([])
  })

  test('want a collection for a key', async () => {
    const { code, stderr } = await daybook(['state', await fileOf(HISTORY), '--key', '1'])
    expect(code).toBe(2)
    expect(stderr).toContain('Name the collection')
  })
})

describe('a file that is not as it should be', () => {
  test('damaged: tells where, and goes on with what is certain', async () => {
    const file = await fileOf(HISTORY)
    damage(file, "DELETE FROM daybook_log WHERE seq = 2; UPDATE daybook_log SET body = '[' WHERE seq = 4")
    const { stdout, stderr, code } = await daybook(['state', file, '--at', '5'])
    expect(code).toBe(0)
    expect(stdout).toContain("1    'Buy milk'")
    expect(stderr).toContain('damaged: entry 2: missing')
    expect(stderr).toContain('damaged: entry 4:')
    expect(stderr).not.toContain('    at ')
    const told = await json<{ damage: unknown[] }>(['state', file, '--at', '5'])
    expect(misfits('state', told)).toEqual([])
    expect(told.damage).toHaveLength(2)
  })

  test('with a row that is no JSON: is folded from the log', async () => {
    const file = await fileOf(HISTORY)
    damage(file, "UPDATE rows_todos SET value = '{'")
    expect(await rowsAt(file, '@head')).toEqual([['todos', 1, { title: 'Buy milk', done: true }]])
  })

  test('killed mid-write: shows all that was committed', async () => {
    const filename = newFile()
    const writer = openDaybook({ filename, retain: 'all' })
    for (const ops of HISTORY) await writer.write(ops)
    const copy = copyAsKilled(filename)
    await writer.close()
    expect(await rowsAt(copy, '@head')).toEqual([['todos', 1, { title: 'Buy milk', done: true }]])
  })

  test.each([
    ['empty', emptyFile],
    ['of somebody else', foreignFile],
  ])('says what it is when it is %s', async (_, make) => {
    expect(await daybook(['state', make()])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^daybook: .*without a daybook\.\n$/),
    })
  })
})
