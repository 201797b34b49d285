import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollection, SchemaValidationError } from '@tanstack/db'
import { afterAll, expect, it } from 'vitest'
import { type Daybook, openDaybook, persistedCollectionOptions } from '../../src/node.js'
import { taskSchema } from './schema.js'

const folder = mkdtempSync(join(tmpdir(), 'daybook-schema-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tasksOf = (persistence: Daybook) =>
  createCollection(
    persistedCollectionOptions({ id: 'tasks', persistence, schema: taskSchema, getKey: (task) => task.id }),
  )

it('with a schema, what it gives is kept, and comes back after a restart', async () => {
  const filename = join(folder, 'schema.db')
  const before = openDaybook({ filename })
  const tasks = tasksOf(before)
  await tasks.insert({ id: '1', title: 'write', due: '2024-02-29' }).isPersisted.promise
  await tasks.update('1', (draft) => {
    draft.due = '2025-03-01'
  }).isPersisted.promise
  const expected = { id: '1', title: 'write', due: new Date('2025-03-01'), done: false }
  expect(tasks.get('1')).toMatchObject(expected)
  // @ts-expect-error due is no number
  expect(() => tasks.insert({ id: '2', title: 'x', due: {} })).toThrow(SchemaValidationError)
  await before.close()

  const again = openDaybook({ filename })
  const reopened = tasksOf(again)
  await reopened.preload()
  expect(reopened.size).toBe(1)
  expect(reopened.get('1')).toMatchObject(expected)
  await again.close()
})
