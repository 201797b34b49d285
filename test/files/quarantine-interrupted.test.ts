/** A quarantine that cannot go on, or was killed: the damaged file is where it was, or all of it is aside. */

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { expect, test } from 'vitest'
import { connectBetterSqlite3, openBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import type { Connection } from '../../src/drivers/driver.js'
import { openDaybook } from '../../src/node.js'
import type { ConnectFile } from '../../src/runtime/files/binding.js'
import { filePlace } from '../../src/runtime/files/file-place.js'
import { openOrQuarantine } from '../../src/runtime/quarantine/quarantine.js'
import { put } from '../support/arbitraries.js'
import { FakeClock } from '../support/clock.js'
import { copyAsKilled, newFile } from '../support/files.js'
import { exec, openFile, openOn, transaction } from '../support/open.js'

const ROWS = 200

async function damagedFile(): Promise<string> {
  const file = newFile()
  const session = await openFile(file)
  for (let n = 1; n <= ROWS; n++) {
    await session.journal.append(transaction('a', n, [put('rows', n, { n, text: 'x'.repeat(400) })]))
  }
  await session.journal.query('rows')
  await session.journal.close()
  exec(file, 'DROP TRIGGER daybook_log_trim; DELETE FROM daybook_log WHERE seq > 150')
  return file
}

const isCopy = (filename: string): boolean => filename.endsWith('.source')

/** Connects as always, but for what goes wrong with a file of the salvage. */
const failing =
  (fail: (filename: string, connection: Connection) => void): ConnectFile =>
  (filename, settings) => {
    const connection = connectBetterSqlite3(filename, settings)
    try {
      fail(filename, connection)
      return connection
    } catch (error) {
      void connection.close()
      throw error
    }
  }

const sqliteError = (code: string): Error => Object.assign(new Error(code), { code })

const noMemory = (connection: Connection): void => {
  const execute = connection.execute.bind(connection)
  Object.assign(connection, {
    execute(...call: Parameters<Connection['execute']>) {
      if (call[0].sql.includes('rows_rows')) throw sqliteError('SQLITE_NOMEM')
      return execute(...call)
    },
  })
}

test.each<[string, string, (filename: string, connection: Connection) => void]>([
  [
    'there is no room for what is salvaged',
    'DAYBOOK_STORAGE_FULL',
    (filename, connection) => {
      if (filename.endsWith('.partial')) void connection.execute({ sql: 'PRAGMA max_page_count = 20' }, [])
    },
  ],
  [
    'there is no room to open the copy',
    'SQLITE_FULL',
    (filename) => {
      if (isCopy(filename)) throw sqliteError('SQLITE_FULL')
    },
  ],
  [
    'memory runs out while the rows are read',
    'DAYBOOK_SQLITE',
    (filename, connection) => {
      if (isCopy(filename)) noMemory(connection)
    },
  ],
])('where %s nothing is set aside, and the next open tries again', async (_, code, fail) => {
  const file = await damagedFile()
  const before = readFileSync(file)
  const clock = new FakeClock()
  const opening = openOrQuarantine({
    place: filePlace(file, failing(fail), clock),
    open: (watch) => openOn(watch(openBetterSqlite3(file, { durability: 'process', busyTimeout: 100 }))),
  })
  await expect(opening).rejects.toMatchObject({ code })
  expect(readFileSync(file).equals(before)).toBe(true)
  const beside = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`))
  expect(beside).toEqual([`${basename(file)}.suspect`])

  const daybook = openDaybook({ filename: file, onCorruption: 'quarantine' })
  const told: unknown[] = []
  daybook.on('damage', (event) => told.push(event))
  expect((await daybook.journal.query('rows')).rows.length).toBe(ROWS)
  expect(told).toMatchObject([{ action: 'quarantined' }])
  await daybook.close()
})

test('a kill right after the file was set aside: what was salvaged comes in its place, and no -wal of it is taken along', async () => {
  const file = newFile()
  const session = await openFile(file)
  await session.journal.append(transaction('a', 1, [put('rows', 1, {}), put('rows', 2, {})]))
  const killed = copyAsKilled(file)
  await session.journal.close()

  const salvaged = newFile()
  const other = await openFile(salvaged)
  await other.journal.append(transaction('b', 1, [put('rows', 7, {})]))
  await other.journal.close()

  const name = newFile()
  copyFileSync(`${killed}-wal`, `${name}-wal`)
  writeFileSync(`${name}.salvaged`, readFileSync(salvaged))
  expect(readFileSync(`${name}-wal`).length).toBeGreaterThan(4096)

  const daybook = openDaybook({ filename: name, onCorruption: 'quarantine' })
  const { rows } = await daybook.journal.query('rows')
  expect(rows.map(({ key }) => key)).toEqual(['7'])
  expect((await daybook.verify()).findings).toEqual([])
  expect(existsSync(`${name}.salvaged`)).toBe(false)
  await daybook.close()
})

test('a file is set aside with its -wal', async () => {
  const file = newFile()
  const session = await openFile(file)
  for (let n = 1; n <= 20; n++) {
    await session.journal.append(transaction('a', n, [put('rows', n, { text: 'x'.repeat(400) })]))
  }
  const killed = copyAsKilled(file)
  await session.journal.close()
  const place = filePlace(killed, connectBetterSqlite3, new FakeClock())
  const [main, wal] = [readFileSync(killed), readFileSync(`${killed}-wal`)]
  const aside = await place.replace(undefined)
  expect(readFileSync(aside).equals(main)).toBe(true)
  expect(readFileSync(`${aside}-wal`).equals(wal)).toBe(true)
  expect(existsSync(killed)).toBe(false)
  const again = await openFile(aside)
  expect((await again.journal.query('rows')).rows.length).toBe(20)
  await again.journal.close()
})
