/** `daybook show`: an entry, and its rows before and after it. */

import { describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { daybook, json } from './command.js'
import { damage, emptyFile, fileOf, foreignFile, patch, put } from './files.js'
import { misfits } from './json-page.js'

class Money {
  constructor(readonly on: Date) {}
}

const HISTORY = [
  [put('todos', 1, { title: 'Buy milk', done: false }), put('todos', '1', { title: 'text' })],
  [patch('todos', 1, { done: true, due: new Date(0) })],
  [{ op: 'delete', collection: 'todos', key: '1' } as const],
  [{ op: 'truncate', collection: 'todos' } as const],
  [patch('todos', 1, { done: false })],
]

describe('the rows of an entry', () => {
  test('are shown before and after it, field by field, and 1 is not "1"', async () => {
    const file = await fileOf(HISTORY)
    const lines = async (position: string) =>
      (await daybook(['show', file, position])).stdout.split('\n').slice(8).join('\n').trim()
    expect(await lines('2')).toBe(
      `+ todos 1\n    { title: 'Buy milk', done: false }\n+ todos "1"\n    { title: 'text' }`,
    )
    expect(await lines('3')).toBe(
      '~ todos 1\n    done  false → true\n    due  (none) → 1970-01-01T00:00:00.000Z',
    )
    expect(await lines('4')).toBe(`- todos "1"\n    { title: 'text' }`)
    expect(await lines('5')).toMatch(
      /^truncate todos\n\n- todos 1\n {4}\{\n? *title: 'Buy milk',\s+done: true,\s+due: 1970/,
    )
    expect(await lines('6')).toBe('patch todos 1 { done: false }\n\n= todos 1  there is no such row')
  })

  test('show what a codec of the app keeps as it is stored, and need no codec', async () => {
    const file = await fileOf([])
    const app = openDaybook({
      filename: file,
      codecs: [
        {
          name: 'money',
          test: (value) => value instanceof Money,
          encode: ({ on }: Money) => on,
          decode: (on: Date) => new Money(on),
        },
      ],
    })
    await app.write([put('todos', 1, { paid: new Money(new Date(0)) })])
    await app.close()
    for (const verb of [
      ['show', file, '2'],
      ['log', file, '--data'],
      ['state', file, 'todos'],
      ['history', file, 'todos', '1'],
    ]) {
      const { stdout } = await daybook(verb)
      expect(stdout).toMatch(/1970-01-01T00:00:00.000Z/)
    }
    expect((await daybook(['verify', file])).stdout).not.toMatch(/decoded/)
  })

  test('are in the JSON as docs/cli-json.md says', async () => {
    const file = await fileOf([...HISTORY, 'compact', [patch('todos', 5, { a: 1n })], [put('todos', 5, {})]])
    for (const position of ['@floor', '@head', '@head~1']) {
      expect(misfits('show', await json(['show', file, position]))).toEqual([])
    }
    const whole = await fileOf(HISTORY)
    for (let seq = 1; seq <= 6; seq++) {
      expect(misfits('show', await json(['show', whole, String(seq)]))).toEqual([])
    }
    expect(await json(['show', whole, '3'])).toMatchObject({
      rows: [
        {
          collection: 'todos',
          key: 1,
          change: 'changed',
          before: { known: 'all', value: { done: false } },
          after: { value: { done: true, due: '1970-01-01T00:00:00.000Z' }, notes: [['Date', 'due']] },
          fields: [
            { field: 'done', before: { value: false }, after: { value: true } },
            { field: 'due', before: null, after: { value: '1970-01-01T00:00:00.000Z', notes: [['Date']] } },
          ],
        },
      ],
    })
  })

  test('are unknown where the log was trimmed, and are said to be', async () => {
    const file = await fileOf([[put('todos', 1, { a: 1, b: 1 })], 'compact', [patch('todos', 1, { b: 2 })]])
    const { stdout, stderr, code } = await daybook(['show', file, '@head'])
    expect(stdout).toContain('~ todos 1\n    b  ? → 2')
    expect(stderr).toContain('trimmed')
    expect(code).toBe(0)
  })

  test('are found behind more entries than it looks at only with --deep, and it says so', async () => {
    const many = Array.from({ length: 5200 }, (_, n) => [put('other', n, {})])
    const file = await fileOf([
      [put('todos', 1, { a: 1 })],
      ...many,
      [patch('todos', 1, { a: 2 })],
      [put('todos', 1, {})],
    ])
    const shallow = await daybook(['show', file, '@head~1'])
    expect(shallow.stdout).toContain('a  ? → 2')
    expect(shallow.stderr).toContain('--deep')
    const deep = await daybook(['show', file, '@head~1', '--deep'])
    expect(deep.stdout).toContain('a  1 → 2')
    expect(deep.stderr).toBe('')
  })
})

describe('a file that is not as it should be', () => {
  test('shows a damaged entry as damaged, and one that is missing not at all', async () => {
    const file = await fileOf(HISTORY)
    damage(
      file,
      `UPDATE daybook_log SET body = replace(body, 'true', 'null') WHERE seq = 3; DELETE FROM daybook_log WHERE seq = 4`,
    )
    const damaged = await daybook(['show', file, '3'])
    expect(damaged.stdout).toContain('damaged: it does not fit its checksum')
    expect(damaged.stdout).toContain('done  false → null')
    const missing = await daybook(['show', file, '4'])
    expect(missing).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Entry 4 cannot be read: missing'),
    })
    const behind = await daybook(['show', file, '5'])
    expect(behind.code).toBe(0)
    expect(behind.stdout).toContain('truncate todos')
  })

  test.each([
    ['empty', emptyFile],
    ['of somebody else', foreignFile],
  ])('says what it is when it is %s', async (_, make) => {
    const { code, stderr } = await daybook(['show', make(), '@head'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^daybook: .*without a daybook\.\n$/)
  })
})
