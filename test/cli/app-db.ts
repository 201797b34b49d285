/** The file of the examples: `app.db`, with a bit of everything that a log can have. */

import { join } from 'node:path'
import { openDaybook } from '../../src/node.js'

/** Makes `app.db` in a folder; answers with its path. */
export async function makeAppDb(folder: string): Promise<string> {
  const filename = join(folder, 'app.db')
  const daybook = openDaybook({ filename, retain: 'all' })
  const put = (collection: string, key: string | number, value: object) =>
    ({ op: 'put', collection, key, value }) as const
  await daybook.write([
    put('todos', 1, { id: 1, title: 'Buy milk', due: new Date('2026-12-01T08:00:00Z'), done: false }),
    put('todos', 2, { id: 2, title: 'Bake bread', tags: new Set(['kitchen']), done: false }),
    put('lists', 'home', { id: 'home', todos: 2n }),
  ])
  await daybook.write([{ op: 'patch', collection: 'todos', key: 1, fields: { done: true } }])
  await daybook.write([
    put('todos', 3, { id: 3, title: 'Call Ada', done: false }),
    { op: 'patch', collection: 'lists', key: 'home', fields: { todos: 3n } },
  ])
  await daybook.write([{ op: 'state', collection: 'issues', name: 'resume', value: { offset: 17 } }])
  await daybook.write([put('issues', 'ISSUE-1', { id: 'ISSUE-1', title: 'It <b>hurts</b> & "smarts"' })])
  await daybook.write([
    { op: 'delete', collection: 'todos', key: 2 },
    { op: 'patch', collection: 'lists', key: 'home', fields: {}, unset: ['todos'] },
  ])
  await daybook.write([{ op: 'schema', collection: 'todos', from: 1, to: 2 }])
  for (let round = 1; round <= 5; round++) {
    await daybook.write([
      { op: 'patch', collection: 'todos', key: 3, fields: { title: `Call Ada, attempt ${round}` } },
    ])
  }
  await daybook.close()
  return filename
}
