/** A source takes its time between begin and commit, and core holds everything back while a mutation persists. */

import { expect, test } from 'vitest'
import { deferred } from '../../src/runtime/deferred.js'
import { eventually, newFile, open, rowsIn, rowsOnDisk, type Todo } from '../runtime/fixture.js'
import { insert, remove, Source, syncedTodos } from './source.js'

const milk: Todo = { id: 1, title: 'Buy milk' }
const book: Todo = { id: 2, title: 'Keep the book' }
const tea: Todo = { id: 3, title: 'Drink tea' }

test('it goes on with its transaction after an entry of another context', async () => {
  const file = newFile()
  const source = new Source()
  const handler = deferred<void>()
  const todos = syncedTodos(open(file), source, { onInsert: () => handler.promise })
  todos.startSyncImmediate()
  await eventually(() => source.params !== undefined)
  source.send(insert(milk), insert(book))
  source.running.markReady()
  await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 2)

  const { begin, write, commit } = source.running
  begin()
  write(insert(tea))
  const inserted = todos.insert({ id: 4, title: 'Wait' })
  await open(file).forget('todos', [milk.id])
  await eventually(() => !Array.from(todos._state.acceptedSyncedEntries(), ([id]) => id).includes(milk.id))
  write(remove(book.id))
  write(insert({ id: 4, title: 'Wait' }))
  commit()
  handler.resolve()
  await inserted.isPersisted.promise

  const expected = [tea, { id: 4, title: 'Wait' }]
  await eventually(() => todos.size === 2)
  expect(rowsIn(todos)).toEqual(expected)
  await eventually(async () => (await rowsOnDisk(file, 'todos')).has(4))
  expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
})
