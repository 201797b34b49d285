/** Whatever a binding throws becomes one of our errors, with the original as its cause. */

import { describe, expect, test } from 'vitest'
import { classifyError } from '../../src/drivers/sqlite-errors.js'
import { requireSqlite, sqliteWarnings } from '../../src/drivers/sqlite-version.js'
import { ClosedError } from '../../src/errors.js'

const KINDS: [code: string, number: number, message: string, expected: string][] = [
  ['SQLITE_BUSY', 5, 'database is locked', 'DAYBOOK_BUSY'],
  ['SQLITE_LOCKED', 6, 'database table is locked', 'DAYBOOK_BUSY'],
  ['SQLITE_READONLY', 8, 'attempt to write a readonly database', 'DAYBOOK_READ_ONLY'],
  ['SQLITE_IOERR', 10, 'disk I/O error', 'DAYBOOK_STORAGE_IO'],
  ['SQLITE_CORRUPT', 11, 'database disk image is malformed', 'DAYBOOK_CORRUPT_FILE'],
  ['SQLITE_FULL', 13, 'database or disk is full', 'DAYBOOK_STORAGE_FULL'],
  ['SQLITE_CANTOPEN', 14, 'unable to open database file', 'DAYBOOK_CANNOT_OPEN'],
  ['SQLITE_NOTADB', 26, 'file is not a database', 'DAYBOOK_NOT_A_DATABASE'],
  ['SQLITE_CONSTRAINT', 19, 'UNIQUE constraint failed: t.a', 'DAYBOOK_SQLITE'],
  ['SQLITE_ERROR', 1, 'no such table: t', 'DAYBOOK_SQLITE'],
]

describe('an error of SQLite', () => {
  test.each(KINDS)(
    '%s (%i, "%s") is %s in every way that bindings tell it',
    (code, number, message, expected) => {
      const thrown: unknown[] = [
        // better-sqlite3: the code, often extended
        Object.assign(new Error(message), { code }),
        Object.assign(new Error(message), { code: `${code}_EXTENDED` }),
        // node:sqlite: one code for everything, and SQLite's number, often extended
        Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode: number, errstr: message }),
        Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode: number | (3 << 8) }),
        // bun:sqlite
        Object.assign(new Error(message), { errno: number, code }),
        // those that give a message only
        new Error(message),
        new Error(`Error code ${number}: ${message}`),
      ]
      for (const error of thrown) {
        const ours = classifyError(error, 'SELECT 1')
        expect(ours.code).toBe(expected)
        expect(ours.cause).toBe(error)
      }
    },
  )

  test('of ours is left as it is', () => {
    const error = new ClosedError()
    expect(classifyError(error)).toBe(error)
  })

  test.each([[undefined], [null], ['text'], [7], [{}]])(
    'that is %j becomes one of ours as well',
    (thrown) => {
      expect(classifyError(thrown, 'SELECT 1')).toMatchObject({ code: 'DAYBOOK_SQLITE', sql: 'SELECT 1' })
    },
  )
})

describe('a SQLite version', () => {
  test.each(['3.7.17', '3.35.5', '3.37.2', '2.8.17'])('%s is refused, saying what to do', (version) => {
    expect(() => requireSqlite(version)).toThrow(
      expect.objectContaining({ code: 'DAYBOOK_SQLITE_TOO_OLD', found: version, needed: '3.38.0' }),
    )
    expect(() => requireSqlite(version)).toThrow(/Update/)
  })

  test.each(['3.38.0', '3.38', '3.46.1', '3.100.0', '4.0.0'])('%s is taken', (version) => {
    expect(() => requireSqlite(version)).not.toThrow()
  })

  test.each([
    ['3.38.0', 1],
    ['3.51.2', 1],
    ['3.51.3', 0],
    ['3.51.10', 0],
    ['3.52.0', 0],
    ['3.9.2', 1],
    ['4.0.0', 0],
  ])('%s comes with %i warnings of the WAL-reset bug', (version, count) => {
    const warnings = sqliteWarnings(version)
    expect(warnings.length).toBe(count)
    for (const warning of warnings) expect(warning).toContain('3.51.3')
  })
})
