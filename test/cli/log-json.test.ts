/** What `daybook log --json` and `--jsonl` print is what docs/cli-json.md says. */

import { expect, test } from 'vitest'
import { json, jsonLines } from './command.js'
import { damage, fileOf, patch, put } from './files.js'
import { lineMisfits, misfits } from './json-page.js'

test('entries of every kind, with and without their values, and damage', async () => {
  const file = await fileOf([
    [put('todos', 1, { n: 1n }), { op: 'state', collection: 'todos', name: 'token', value: 1 }],
    [
      { ...patch('todos', 1, { a: 1 }), unset: ['n'] },
      { op: 'meta', collection: 'todos', key: 1, value: 1 },
    ],
    [{ op: 'schema', collection: 'todos', from: 1, to: 2 }],
    [{ op: 'claim', collection: 'todos' }],
    [
      { op: 'delete', collection: 'todos', key: 1 },
      { op: 'truncate', collection: 'todos' },
    ],
    [{ op: 'reset', collection: 'todos' }],
    [put('todos', 2, {})],
  ])
  damage(file, "DELETE FROM daybook_log WHERE seq = 3; UPDATE daybook_log SET body = '[' WHERE seq = 8")
  for (const options of [[], ['--data']]) {
    expect(misfits('log', await json(['log', file, ...options]))).toEqual([])
    const lines = await jsonLines(['log', file, ...options])
    expect(lines).toHaveLength(8)
    expect(lines.flatMap(lineMisfits)).toEqual([])
  }
})
