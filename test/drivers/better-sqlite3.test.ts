import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { openBetterSqlite3, useBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import { all } from '../../src/drivers/program.js'
import { describeDriver } from '../../src/testing.js'
import { newFile } from '../support/files.js'
import { openOn, transaction } from '../support/open.js'

describeDriver('better-sqlite3, a file of its own', (filename, busyTimeout) =>
  openBetterSqlite3(filename, { durability: 'process', busyTimeout }),
)

describeDriver("better-sqlite3, the app's handle", appHandle, { shared: true })

function appHandle(filename: string, busyTimeout: number) {
  const database = new Database(filename, { timeout: busyTimeout })
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  return useBetterSqlite3(database, { durability: 'process', busyTimeout })
}

const synchronous = async (driver: ReturnType<typeof openBetterSqlite3>): Promise<unknown> =>
  driver.transaction('read', () => all({ sql: 'PRAGMA synchronous' }))

describe('durability', () => {
  test("'power' asks for an fsync in each commit", async () => {
    const driver = openBetterSqlite3(newFile(), { durability: 'power', busyTimeout: 100 })
    expect(await synchronous(driver)).toEqual([{ synchronous: 2 }])
    await driver.close()
  })

  test.each([
    [0, 'power', 2],
    [1, 'power', 2],
    [2, 'process', 2],
    [3, 'power', 3],
  ] as const)(
    "of an app's handle at %i is never lowered: '%s' makes it %i",
    async (before, durability, after) => {
      const database = new Database(newFile())
      database.pragma(`synchronous = ${before}`)
      const driver = useBetterSqlite3(database, { durability, busyTimeout: 100 })
      expect(await synchronous(driver)).toEqual([{ synchronous: after }])
      database.close()
    },
  )
})

describe("the app's handle", () => {
  test('stays open when daybook is closed, and keeps its settings', async () => {
    const database = new Database(newFile())
    database.defaultSafeIntegers(true)
    const before = [database.pragma('journal_mode'), database.pragma('trusted_schema')]
    const session = await openOn(useBetterSqlite3(database, { durability: 'process', busyTimeout: 100 }))
    await session.journal.append(transaction('a', 1, []))
    expect(await session.journal.head()).toEqual({ term: 1, seq: 2 })
    await session.journal.close()
    expect(database.open).toBe(true)
    expect([database.pragma('journal_mode'), database.pragma('trusted_schema')]).toEqual(before)
    expect(database.prepare('SELECT 1 AS n').get()).toEqual({ n: 1n })
    database.close()
  })

  test('that is closed is refused, and one that the app closes later is told of', async () => {
    const database = new Database(newFile())
    const session = await openOn(useBetterSqlite3(database, { durability: 'process', busyTimeout: 100 }))
    database.close()
    await expect(session.journal.head()).rejects.toThrow(/closed|not open/)
    expect(() => useBetterSqlite3(database, { durability: 'process', busyTimeout: 100 })).toThrow(
      expect.objectContaining({ code: 'DAYBOOK_CANNOT_OPEN' }),
    )
  })
})
