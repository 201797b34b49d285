/**
 * An indexed equality subset of 1,000,000 rows, through the journal, against a bare prepared statement that finds the
 * same rows by a plain column with an index and parses them.
 */

import Database from 'better-sqlite3'
import { openDaybook } from 'daybook/node'
import type { Case } from '../case.js'
import { type Todo, todo } from '../rows.js'
import { milliseconds } from '../timing.js'

/** Rows that one question finds. */
const FOUND = 100
const QUESTIONS = 50

export const subset1m: Case = {
  figures: ['subset-1m'],
  async prepare(bench) {
    const count = bench.size(1_000_000, 20_000)
    const groups = count / FOUND
    const rowAt = (id: number): Todo & { group: number } => ({ ...todo(id), group: id % groups })
    const ours = bench.path('subset.db')
    await fill(ours, count, rowAt)
    const theirs = bench.path('plain.db')
    const plain = new Database(theirs)
    plain.pragma('journal_mode = WAL')
    plain.exec(
      'CREATE TABLE rows (id INTEGER PRIMARY KEY, "group" INTEGER, value TEXT); CREATE INDEX g ON rows ("group")',
    )
    const insert = plain.prepare('INSERT INTO rows VALUES (?, ?, ?)')
    plain.transaction(() => {
      for (let id = 1; id <= count; id++) insert.run(id, id % groups, JSON.stringify(rowAt(id)))
    })()
    plain.close()

    let round = 0
    return async () => {
      const wanted = Array.from({ length: QUESTIONS }, (_, n) => (++round * 7919 + n * 31) % groups)
      const daybook = openDaybook({ filename: ours })
      await daybook.ready
      let found = 0
      const one = await milliseconds(async () => {
        for (const group of wanted) {
          const { rows } = await daybook.journal.query('todos', {
            where: {
              type: 'func',
              name: 'eq',
              args: [
                { type: 'ref', path: ['group'] },
                { type: 'val', value: group },
              ],
            },
          })
          for (const { value } of rows) if ((JSON.parse(value) as { group: number }).group === group) found++
        }
      })
      await daybook.close()
      const database = new Database(theirs)
      const select = database.prepare<[number], { value: string }>('SELECT value FROM rows WHERE "group" = ?')
      let other = 0
      const two = await milliseconds(() => {
        for (const group of wanted) {
          for (const { value } of select.all(group))
            if ((JSON.parse(value) as { group: number }).group === group) other++
        }
      })
      database.close()
      if (found !== other || found !== FOUND * QUESTIONS)
        throw new Error(`${found} and ${other} rows were found.`)
      return [{ figure: 'subset-1m', ours: one, theirs: two }]
    }
  },
}

async function fill(filename: string, count: number, rowAt: (id: number) => object): Promise<void> {
  const daybook = openDaybook({ filename, retain: { entries: 1 } })
  await daybook.journal.index('todos', { add: [['group']] })
  const batch = 10_000
  for (let from = 0; from < count; from += batch) {
    await daybook.write(
      Array.from({ length: Math.min(batch, count - from) }, (_, n) => ({
        op: 'put' as const,
        collection: 'todos',
        key: from + n + 1,
        value: rowAt(from + n + 1),
      })),
    )
    await daybook.journal.query('todos', { limit: 0 })
  }
  await daybook.close()
}
