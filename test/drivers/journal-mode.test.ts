/** The journal mode of a handle that the app has: what is not WAL is said, and what a kill would damage is refused. */

import Database from 'better-sqlite3'
import { afterEach, expect, test } from 'vitest'
import { type Daybook, openDaybook, UnsupportedError } from '../../src/node.js'
import { newFile } from '../support/files.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

function opened(
  filename: string,
  mode?: string,
): { daybook: Daybook; database: Database.Database; warnings: string[] } {
  const database = new Database(filename)
  ends.push(() => database.close())
  // Otherwise better-sqlite3 refuses `off` itself; other bindings do not.
  database.unsafeMode(true)
  if (mode !== undefined) database.pragma(`journal_mode = ${mode}`)
  const daybook = openDaybook({ database })
  ends.push(() => daybook.close())
  const warnings: string[] = []
  daybook.on('warning', (warning) => warnings.push(warning))
  return { daybook, database, warnings }
}

const writes = (daybook: Daybook): Promise<unknown> =>
  daybook.write([{ op: 'put', collection: 'rows', key: 1, value: { id: 1 } }])

const ofMode = (warnings: readonly string[]): string[] =>
  warnings.filter((each) => each.includes('journal_mode'))

test.each(['delete', 'truncate', 'persist'])('%s works, stays as it is, and is a warning', async (mode) => {
  const { daybook, database, warnings } = opened(newFile(), mode)
  await writes(daybook)
  expect(ofMode(warnings)).toEqual([expect.stringContaining(`journal_mode = ${mode}, not WAL`)])
  expect(database.pragma('journal_mode', { simple: true })).toBe(mode)
  expect((await daybook.stats()).warnings).toEqual(expect.arrayContaining(warnings))
})

test('WAL is none, and neither is a database in memory or a temporary one', async () => {
  for (const [filename, mode] of [[newFile(), 'wal'], [':memory:'], ['']] as const) {
    const { daybook, warnings } = opened(filename, mode)
    await writes(daybook)
    expect(ofMode(warnings)).toEqual([])
  }
})

test.each([
  ['memory', newFile],
  ['off', newFile],
  ['off', () => ':memory:'],
])('%s is refused: what is half written could not be taken back', async (mode, filename) => {
  const { daybook, database } = opened(filename(), mode)
  await expect(daybook.ready).rejects.toBeInstanceOf(UnsupportedError)
  await expect(writes(daybook)).rejects.toThrow(/journal_mode = WAL/)
  expect(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get()).toBe(0)
})
