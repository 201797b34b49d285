/** An older and a newer version of an app on one file, both with the collection's source. */

import { expect, test } from 'vitest'
import { eventually, newFile, open, rowsIn } from '../runtime/fixture.js'
import { insert, Source, syncedTodos } from './source.js'

test('the newer app migrates, the older one that is running stops, and its source writes nothing more', async () => {
  const file = newFile()
  const old = new Source()
  const older = syncedTodos(open(file), old)
  older.startSyncImmediate()
  await eventually(() => old.params !== undefined)
  old.send(insert({ id: 1, title: 'one' }))
  old.running.markReady()
  await eventually(() => older.status === 'ready')
  const late = old.running

  const next = new Source()
  const newer = syncedTodos(open(file), next, {
    schemaVersion: 2,
    migrate: (row) => ({ ...row, note: 'migrated' }),
  })
  await newer.preload()
  expect(rowsIn(newer)).toEqual([{ id: 1, title: 'one', note: 'migrated' }])
  await eventually(() => older.status === 'error')
  // Code of the older source that runs on.
  late.begin()
  late.write(insert({ id: 2, title: 'of the older app' }))
  late.commit()
  await eventually(() => next.params !== undefined)
  next.send(insert({ id: 3, title: 'three', note: 'new' }))
  await eventually(() => newer.size === 2)
  expect(rowsIn(newer).map((row) => (row as { id: number }).id)).toEqual([1, 3])
  const { rows } = await open(file).journal.query('todos')
  expect(rows.map(({ key }) => key).sort()).toEqual(['1', '3'])
})

test('a newer app without migrate drops rows and token, and its source sends them again', async () => {
  const file = newFile()
  const first = open(file)
  const old = new Source()
  const older = syncedTodos(first, old)
  older.startSyncImmediate()
  await eventually(() => old.params !== undefined)
  old.transaction(({ write, metadata }) => {
    write(insert({ id: 1, title: 'one' }))
    metadata?.collection.set('token', 9)
  })
  old.running.markReady()
  await first.close()

  const daybook = open(file)
  const resets: unknown[] = []
  daybook.on('reset', (event) => resets.push(event))
  const tokens: unknown[] = []
  const next = new Source({ onStart: ({ metadata }) => tokens.push(metadata?.collection.get('token')) })
  const newer = syncedTodos(daybook, next, { schemaVersion: 2 })
  const preloaded = newer.preload()
  await eventually(() => next.params !== undefined)
  expect(tokens).toEqual([undefined])
  expect(resets).toEqual([{ collection: 'todos', from: 1, to: 2 }])
  expect(newer.status).toBe('loading')
  next.send(insert({ id: 1, title: 'one, anew' }))
  next.running.markReady()
  await preloaded
  expect(rowsIn(newer)).toEqual([{ id: 1, title: 'one, anew' }])
})
