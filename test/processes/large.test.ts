/** A collection of a million rows, in a process whose heap could not hold them. */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { expect, it } from 'vitest'
import { newFile, withDaybook } from './files.js'

const COUNT = 1_000_000
const SCRIPT = fileURLToPath(new URL('../../build/test/children/large.js', import.meta.url))

/** The rows are made by SQLite, as posting a million entries would make them. */
async function makeFile(): Promise<string> {
  const file = newFile()
  await withDaybook(file, async (daybook) => {
    const value = { id: 0, rank: 0, name: 'row 0', due: new Date(0) }
    await daybook.write([{ op: 'put', collection: 'big', key: 0, value }])
    await daybook.journal.query('big', { limit: 0 })
  })
  const database = new Database(file)
  database.pragma('synchronous = OFF')
  database
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO rows_big (key, value, notes, seq)
       SELECT i, json_object('id', i, 'rank', (i * 7919) % 1000003, 'name', 'row ' || i,
                'due', strftime('%Y-%m-%dT%H:%M:%fZ', i * 60, 'unixepoch')), '[["Date","due"]]', 2 FROM n`,
    )
    .run(COUNT - 1)
  database.close()
  await withDaybook(file, (daybook) => daybook.journal.index('big', { add: [['id'], ['rank']] }))
  return file
}

it('is asked for pages and single rows, and only those are read', async () => {
  const file = await makeFile()
  const args = ['--max-old-space-size=256', SCRIPT, file]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const [heap, page, deep, one] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(heap!.limit).toBeLessThan(400)
  const ranks = Array.from({ length: COUNT }, (_, i) => (i * 7919) % 1000003).sort((a, b) => b - a)
  expect(page!.page).toEqual(ranks.slice(0, 20))
  expect(deep!.deep).toEqual(ranks.slice(200, 220))
  expect(one!.one).toEqual([[765_432, 'row 765432', new Date(765_432 * 60_000).toISOString()]])
  // What was asked for, and little more.
  expect(page!.loaded).toBeLessThan(60)
  expect(deep!.loaded).toBeLessThan(500)
  expect(one!.loaded).toBeLessThan(501)
}, 120_000)
