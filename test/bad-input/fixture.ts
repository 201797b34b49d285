/** Files that go with the test, and how to see that nothing was touched. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCollection } from '@tanstack/db'
import { afterEach, expect } from 'vitest'
import {
  type Daybook,
  type DaybookError,
  type DaybookOptions,
  openDaybook,
  persistedCollectionOptions,
} from '../../src/node.js'

const folders: string[] = []
const daybooks: Daybook[] = []

afterEach(async () => {
  await Promise.allSettled(daybooks.splice(0).map((daybook) => daybook.close()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-bad-'))
  folders.push(folder)
  return folder
}

export const newFile = (): string => join(newFolder(), 'daybook.db')

/** A daybook that is closed after the test. */
export function open(where: string | DaybookOptions): Daybook {
  const daybook = openDaybook(typeof where === 'string' ? { filename: where, retain: 'all' } : where)
  daybooks.push(daybook)
  return daybook
}

export type Row = { id: number } & Record<string, unknown>

export const rowsOf = (persistence: Daybook, id = 'rows') =>
  createCollection(persistedCollectionOptions({ id, persistence, getKey: (row: Row) => row.id }))

/** A sound file with `count` rows in `rows`, each written by an entry of its own. */
export async function fileWithRows(count: number): Promise<string> {
  const filename = newFile()
  const daybook = openDaybook({ filename })
  await Promise.all(
    Array.from({ length: count }, (_, id) =>
      daybook.write([{ op: 'put', collection: 'rows', key: id, value: { id, text: `row ${id}` } }]),
    ),
  )
  await daybook.close()
  return filename
}

type ErrorClass<E> = abstract new (...parameters: never[]) => E

/** The error that a promise rejects with, of this class. */
export async function refusal<E extends DaybookError>(
  promise: PromiseLike<unknown>,
  kind: ErrorClass<E>,
): Promise<E> {
  const error = await promise.then(
    () => expect.fail('it should have been refused'),
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(kind)
  return error as E
}

/** A database that cannot be used: `ready` and everybody else is told why, and no collection is ready and empty. */
export async function expectUnusable<E extends DaybookError>(
  where: string | DaybookOptions,
  kind: ErrorClass<E>,
): Promise<E> {
  const daybook = open(where)
  const rows = rowsOf(daybook)
  const error = await refusal(daybook.ready, kind)
  await refusal(rows.preload(), kind)
  expect(rows.status).toBe('error')
  await refusal(daybook.write([{ op: 'delete', collection: 'rows', key: 1 }]), kind)
  await daybook.close()
  return error
}

export const bytesOf = (filename: string): string => readFileSync(filename).toString('latin1')
