/**
 * Whatever happens at whichever microtask of a start, memory = disk = source in the end: changes of the source, and
 * entries that others append while the rows are being read.
 */

import { describe, expect, test } from 'vitest'
import { complete, eventually, rowsByKey, rowsOnDisk, type Todo } from '../runtime/fixture.js'
import { asynchronous, connect } from '../support/connections.js'
import { daybookOn } from '../support/daybook.js'
import { newFile, removeFile } from '../support/files.js'
import { LiveServer, syncedTodos } from './source.js'

const OFFSETS = 60
const rows = (): Todo[] => [1, 2, 3].map((id) => ({ id, title: `todo ${id}` }))
const sorted = (entries: ReadonlyMap<unknown, unknown>): unknown[] =>
  [...entries].sort(([a], [b]) => Number(a) - Number(b)).map(([, row]) => row)

/** What the source does, once. */
const CHANGES: Record<string, (server: LiveServer) => void> = {
  insert: (server) => server.put({ id: 4, title: 'new' }),
  update: (server) => server.put({ id: 2, title: 'changed' }),
  delete: (server) => server.delete(1),
  truncate: (server) =>
    server.replace([
      { id: 3, title: 'other' },
      { id: 5, title: 'only' },
    ]),
}

const ways = Object.keys(CHANGES).flatMap((change) => [
  { change, answers: 'at once', late: false },
  { change, answers: 'late', late: true },
])

describe.each(ways)('a connection that answers $answers', ({ change, late }) => {
  test(`${change} by the source at every microtask of a start`, async () => {
    for (let offset = 0; offset <= OFFSETS; offset++) {
      const server = new LiveServer()
      server.replace(rows())
      const file = await filled(server)
      const real = connect(file)
      const { daybook } = daybookOn(late ? asynchronous(real) : real)
      await daybook.ready
      const todos = syncedTodos(daybook, server)
      todos.startSyncImmediate()
      for (let n = 0; n < offset; n++) await Promise.resolve()
      CHANGES[change]!(server)
      await todos.preload()
      await eventually(() => server.running === 1, 'the source')
      expect({ offset, rows: sorted(rowsByKey(todos)) }).toEqual({ offset, rows: sorted(server.rows) })
      await todos.cleanup()
      await daybook.close()
      expect({ offset, rows: sorted(await rowsOnDisk(file, 'todos')) }).toEqual({
        offset,
        rows: sorted(server.rows),
      })
      removeFile(file)
    }
  })

  test(`${change} by the source right after its own start at every microtask`, async () => {
    for (let offset = 0; offset <= OFFSETS; offset++) {
      const server = new LiveServer()
      server.replace(rows())
      const file = newFile()
      const real = connect(file)
      const { daybook } = daybookOn(late ? asynchronous(real) : real)
      const todos = syncedTodos(daybook, server)
      todos.startSyncImmediate()
      await eventually(() => server.running === 1, 'the source')
      for (let n = 0; n < offset; n++) await Promise.resolve()
      CHANGES[change]!(server)
      expect({ offset, rows: sorted(rowsByKey(todos)) }).toEqual({ offset, rows: sorted(server.rows) })
      await todos.cleanup()
      await daybook.close()
      expect({ offset, rows: sorted(await rowsOnDisk(file, 'todos')) }).toEqual({
        offset,
        rows: sorted(server.rows),
      })
      removeFile(file)
    }
  })
})

test('entries that others append at every microtask of a start are neither lost nor applied twice', async () => {
  for (let offset = 0; offset <= OFFSETS; offset++) {
    const server = new LiveServer()
    server.replace(rows())
    const file = await filled(server)
    const { daybook } = daybookOn(asynchronous(connect(file)))
    await daybook.ready
    // A source that sends nothing of itself: what is in memory came from the log.
    const todos = syncedTodos(daybook, { sync: { sync: ({ markReady }) => markReady() } })
    todos.startSyncImmediate()
    const seen: string[] = []
    todos.subscribeChanges((changes) => {
      for (const { key, value } of changes) if (key === 4) seen.push(value.title)
    })
    for (let n = 0; n < offset; n++) await Promise.resolve()
    const put = (title: string) =>
      daybook.write([{ op: 'put', collection: 'todos', key: 4, value: { id: 4, title } }])
    await Promise.all([
      put('one'),
      put('two'),
      daybook.write([
        { op: 'delete', collection: 'todos', key: 1 },
        { op: 'patch', collection: 'todos', key: 2, fields: { title: 'changed' } },
      ]),
    ])
    await todos.preload()
    const expected = [
      { id: 2, title: 'changed' },
      { id: 3, title: 'todo 3' },
      { id: 4, title: 'two' },
    ]
    await eventually(() => todos.has(4), 'the entry')
    expect({ offset, rows: sorted(rowsByKey(todos)) }).toEqual({ offset, rows: expected })
    // Rows that were read at the second entry do not go back to the first.
    expect([['one', 'two'], ['two']]).toContainEqual(seen)
    await todos.cleanup()
    await daybook.close()
    expect(sorted(await rowsOnDisk(file, 'todos'))).toEqual(expected)
    removeFile(file)
  }
})

/** A file that has the server's rows, whole. */
async function filled(server: LiveServer): Promise<string> {
  const file = newFile()
  const { daybook } = daybookOn(connect(file))
  const todos = syncedTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  await todos.cleanup()
  await daybook.close()
  return file
}
