/**
 * Rows are read page by page along their keys. A damaged index can lead back to a row that was read before; whoever goes
 * on from there never ends, and a loop without a breath cannot even be stopped by a test's time limit: so pages are
 * counted here.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { afterAll, describe, expect, test } from 'vitest'
import type { Program } from '../../src/drivers/program.js'
import { CorruptRowsError } from '../../src/errors.js'
import { rowsAfter } from '../../src/materializer/rows-after.js'
import { rowTable } from '../../src/materializer/tables.js'
import { compareTexts } from '../../src/values/text-order.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { exec } from '../support/open.js'

const KEYS = ['"row-0"', '"row-1"', '"row-2"', '"row-3"']

/** Reads a table in pages of two rows; how it ended. */
function readTo(file: string, pages: number): 'end' | 'damage' | 'never' {
  const database = new Database(file)
  try {
    let after = ''
    for (let page = 0; page < pages; page++) {
      const rows = drive(database, rowsAfter('rows_todos', after, 2))
      const last = rows.at(-1)
      if (last === undefined) return 'end'
      after = last.key
    }
    return 'never'
  } catch (error) {
    if (error instanceof CorruptRowsError || (error as { code?: string }).code === 'SQLITE_CORRUPT')
      return 'damage'
    throw error
  } finally {
    database.close()
  }
}

function drive<T>(database: Database.Database, program: Program<T>): T {
  let step = program.next()
  while (!step.done) {
    const { statement, parameters } = step.value
    step = program.next(database.prepare(statement.sql).all(...parameters) as never)
  }
  return step.value
}

describe('rows read page by page', () => {
  test('end, or end with an error, whichever bit of the index over their keys is flipped', () => {
    const file = newFile()
    exec(file, `PRAGMA page_size = 512; ${rowTable('rows_todos').create.sql}`)
    for (const key of KEYS) exec(file, `INSERT INTO rows_todos (key, value, seq) VALUES ('${key}', '{}', 1)`)
    expect(readTo(file, 10)).toBe('end')
    const bytes = readFileSync(file)
    const index = bytes.subarray(bytes.length - 512)
    const ends = { end: 0, damage: 0, never: 0 }
    for (let bit = 0; bit < index.length * 8; bit++) {
      const copy = newFile()
      index.writeUInt8(index.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      writeFileSync(copy, bytes)
      index.writeUInt8(index.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      ends[readTo(copy, 20)]++
      removeFile(copy)
    }
    expect(ends).toEqual({ end: expect.any(Number), damage: expect.any(Number), never: 0 })
    expect(ends.damage).toBeGreaterThan(100)
  })
})

describe('the order of texts', () => {
  const database = new Database(':memory:')
  const compare = database
    .prepare<[string, string, string, string], number>('SELECT (? > ?) - (? < ?)')
    .pluck()
  afterAll(() => void database.close())

  test("is SQLite's", async () => {
    const text = fc.string({ unit: 'binary', maxLength: 6 })
    await check(
      fc.asyncProperty(text, text, async (a, b) => {
        expect(Math.sign(compareTexts(a, b))).toBe(compare.get(a, b, a, b))
      }),
      300,
    )
  })

  test('has what needs surrogates behind everything else', () => {
    expect(compareTexts('\u{1f600}', '\uffff')).toBeGreaterThan(0)
    expect(compareTexts('a', 'a')).toBe(0)
  })
})
