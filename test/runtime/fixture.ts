/** What the tests of the runtime share: real files in a temporary folder, and collections of to-dos on them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ChangeMessage, type Collection, createCollection } from '@tanstack/db'
import { afterEach, expect } from 'vitest'
import {
  type Daybook,
  type DaybookOptions,
  type DecodedEntry,
  openDaybook,
  persistedCollectionOptions,
} from '../../src/node.js'
import { decodeKey } from '../../src/values/decode-key.js'
import { decodeValue, type Json, type Note } from '../../src/values/value.js'

export interface Todo {
  id: number
  title: string
  done?: boolean
  note?: string
}

const folders: string[] = []
const daybooks: Daybook[] = []

afterEach(async () => {
  await Promise.allSettled(daybooks.splice(0).map((daybook) => daybook.close()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A folder that goes with the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-test-'))
  folders.push(folder)
  return folder
}

/** The name of a file that does not exist yet. */
export const newFile = (): string => join(newFolder(), 'daybook.db')

/** A daybook that is closed after the test. An `error` event that the test does not expect fails it, as it is uncaught. */
export function open(where: string | DaybookOptions = newFile()): Daybook {
  const daybook = openDaybook(typeof where === 'string' ? { filename: where, retain: 'all' } : where)
  daybooks.push(daybook)
  return daybook
}

/** A collection of to-dos. */
export function todosOf(persistence: Daybook, id = 'todos') {
  return createCollection(persistedCollectionOptions({ id, persistence, getKey: (todo: Todo) => todo.id }))
}

/** A collection of any rows that have a number as `id`. */
export function rowsOf(persistence: Daybook, id = 'rows') {
  type Row = { id: number } & Record<string, unknown>
  return createCollection(persistedCollectionOptions({ id, persistence, getKey: (row: Row) => row.id }))
}

type AnyCollection = Pick<Collection<object, string | number>, 'entries'>

/** The rows of a collection by key, without the virtual properties that core adds. */
export function rowsByKey(collection: {
  entries(): IterableIterator<[string | number, object]>
}): Map<string | number, unknown> {
  const rows = [...(collection as AnyCollection).entries()]
  return new Map(rows.map(([key, row]) => [key, plain(row)]))
}

/** The rows of a collection in key order. */
export function rowsIn<T extends object>(collection: {
  entries(): IterableIterator<[string | number, T]>
}): unknown[] {
  return [...rowsByKey(collection)]
    .sort(([a], [b]) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    .map(([, row]) => row)
}

/** A row without `$synced`, `$origin`, `$key` and `$collectionId`. */
export function plain<T extends object>(row: T): T {
  return Object.fromEntries(
    Reflect.ownKeys(row)
      .filter((name) => !String(name).startsWith('$'))
      .map((name) => [name, Reflect.get(row, name)]),
  ) as T
}

/** The transactions in the log, oldest first. */
export async function transactionsIn(daybook: Daybook, collection?: string): Promise<DecodedEntry[]> {
  const found: DecodedEntry[] = []
  for await (const entry of daybook.entries(collection === undefined ? {} : { collection })) {
    if (entry.kind === 'tx' || entry.kind === 'reset') found.push(entry)
  }
  return found
}

/** Waits until the log says that a synced collection was complete: it is ready without its source from then on. */
export const complete = (daybook: Daybook, collection = 'todos'): Promise<void> =>
  eventually(async () => {
    const { state } = await daybook.journal.query(collection)
    return state.some(({ name }) => name === '"daybook:complete"')
  }, 'the replica')

/** Rows as a daybook that was opened just now reads them. */
export async function rowsOnDisk(filename: string, id: string): Promise<Map<string | number, unknown>> {
  const daybook = openDaybook({ filename })
  try {
    const { rows } = await daybook.journal.query(id)
    const found = rows.map(
      ({ key, value, notes }) =>
        [
          decodeKey(key),
          decodeValue(JSON.parse(value) as Json, notes === null ? undefined : (JSON.parse(notes) as Note[])),
        ] as const,
    )
    return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)))
  } finally {
    await daybook.close()
  }
}

/** Waits until `holds` is true, generously. */
export async function eventually(holds: () => boolean | Promise<boolean>, what = 'it'): Promise<void> {
  const giveUp = Date.now() + 10_000
  while (!(await holds())) {
    if (Date.now() > giveUp) throw new Error(`${what} did not come true within 10 s`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** All changes that a subscriber of the collection sees, as they come. */
export function changesOf<T extends object, K extends string | number>(
  collection: Collection<T, K, never, never, never>,
): ChangeMessage<T, K>[]
export function changesOf(collection: {
  subscribeChanges(listener: (changes: never[]) => void): unknown
}): ChangeMessage<object, string | number>[] {
  const seen: ChangeMessage<object, string | number>[] = []
  collection.subscribeChanges((changes: readonly ChangeMessage<object, string | number>[]) => {
    seen.push(...changes)
  })
  return seen
}

/** The error that a promise rejects with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  return expect.fail('it should have been rejected')
}

/** A moment in which timers run. */
export const pause = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
