/** `daybook diff`: the rows that differ. */

import { copyFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { newFile } from '../support/files.js'
import { daybook, jsonLines } from './command.js'
import { damage, emptyFile, fileOf, patch, put } from './files.js'
import { lineMisfits, misfits } from './json-page.js'

const HISTORY = [
  [
    put('todos', 1, { title: 'a', done: false }),
    put('todos', '1', { title: 'text' }),
    put('todos', 2, { title: 'x' }),
  ],
  [patch('todos', 1, { title: 'b' }), put('lists', 1, { n: 1n })],
  [{ op: 'delete', collection: 'todos', key: '1' } as const, put('todos', 2, { title: 'x' })],
]

test('two positions: rows added, removed and changed, field by field, and 3', async () => {
  const file = await fileOf(HISTORY)
  const { stdout, stderr, code } = await daybook(['diff', file, '2', '@head'])
  expect(stdout).toBe(
    `~ todos 1\n    title  'a' → 'b'\n- todos "1"\n    { title: 'text' }\n+ lists 1\n    { n: 1n }\n`,
  )
  expect(stderr).toBe('3 rows differ: 1 changed, 1 removed, 1 added.\n')
  expect(code).toBe(3)
  const backwards = await daybook(['diff', file, '@head', '2'])
  expect(backwards.stdout).toContain(`title  'b' → 'a'`)
  expect(backwards.stdout).toContain(`+ todos "1"`)
  expect(backwards.stdout).toContain('- lists 1')
  expect((await daybook(['diff', file, '2..3'])).stdout).not.toContain('"1"')
  expect(await daybook(['diff', file, '@head', '@head'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No row differs.\n',
  })
})

test('two files: as they are, and as they were', async () => {
  const file = await fileOf(HISTORY)
  const copy = newFile()
  copyFileSync(file, copy)
  expect(await daybook(['diff', file, copy])).toMatchObject({ code: 0, stdout: '' })
  const writer = openDaybook({ filename: copy, retain: 'all' })
  await writer.write([patch('todos', 1, { done: -0 }), put('more', 'k', { a: undefined })])
  await writer.close()
  const { stdout, code } = await daybook(['diff', file, copy])
  expect(stdout).toBe(`+ more "k"\n    { a: undefined }\n~ todos 1\n    done  false → -0\n`)
  expect(code).toBe(3)
  expect(await daybook(['diff', file, copy, '--at', '3'])).toMatchObject({ code: 0 })
  expect(await daybook(['diff', file, 'nowhere.db'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no file nowhere.db'),
  })
})

test('as docs/cli-json.md says, also where not all is known', async () => {
  const file = await fileOf([
    ...HISTORY,
    'compact',
    [patch('todos', 1, { done: true })],
    [{ op: 'truncate', collection: 'todos' }],
  ])
  for (const range of ['@floor..@floor~0', '@floor..@head~1', '@floor..@head']) {
    const { stdout, code } = await daybook(['diff', file, range, '--json'])
    expect(misfits('diff', JSON.parse(stdout))).toEqual([])
    expect(code).toBe(range === '@floor..@floor~0' ? 0 : 3)
    expect((await jsonLines(['diff', file, range])).flatMap(lineMisfits)).toEqual([])
  }
  const { stdout, stderr } = await daybook(['diff', file, '@floor..@head'])
  expect(stdout).toContain('? todos 1')
  expect(stderr).toContain('? todos may have had rows of which nobody knows.')
})

test('a damaged file: names the damage and goes on', async () => {
  const file = await fileOf(HISTORY)
  damage(file, 'DELETE FROM daybook_log WHERE seq = 3')
  const { stdout, stderr, code } = await daybook(['diff', file, '2', '@head'])
  expect(stdout).toContain('- todos "1"')
  expect(stderr).toContain('damaged: entry 3: missing')
  expect(code).toBe(3)
  expect(await daybook(['diff', file, emptyFile()])).toMatchObject({ code: 1 })
})
