/** An import of rows is a write like any other: in the order of the others, and shown when it resolves. */

import { createCollection } from '@tanstack/db'
import { expect, test } from 'vitest'
import { exportRows, importRows, persistedCollectionOptions } from '../../src/node.js'
import { newFile, open, rowsOf } from '../runtime/fixture.js'

test('its rows are in the open collections when it resolves', async () => {
  const source = newFile()
  await rowsOf(open(source)).insert({ id: 1, from: 'the export' }).isPersisted.promise
  const daybook = open()
  const rows = rowsOf(daybook)
  await rows.preload()
  const { position } = await importRows(daybook, exportRows(source, 'rows'))
  expect(rows.get(1)).toMatchObject({ from: 'the export' })
  expect(position).toEqual(await daybook.head())
})

test('waits for an earlier change of its row whose handler runs, and is not overwritten by it', async () => {
  const source = newFile()
  await rowsOf(open(source)).insert({ id: 1, from: 'the export' }).isPersisted.promise
  const daybook = open()
  const lines: string[] = []
  for await (const line of exportRows(source, 'rows')) lines.push(line)
  let end = (): void => undefined
  const handler = new Promise<void>((resolve) => {
    end = resolve
  })
  const rows = rowsOf(daybook)
  const slow = createCollection(
    persistedCollectionOptions({
      id: 'rows',
      persistence: daybook,
      getKey: (row: { id: number; from: string }) => row.id,
      onInsert: () => handler,
    }),
  )
  await Promise.all([rows.preload(), slow.preload()])
  const inserted = slow.insert({ id: 1, from: 'the app' })
  const imported = importRows(daybook, lines)
  await new Promise((resolve) => setImmediate(resolve))
  expect((await daybook.head()).seq).toBe(1)
  end()
  await Promise.all([inserted.isPersisted.promise, imported])
  expect(rows.get(1)).toMatchObject({ from: 'the export' })
})
