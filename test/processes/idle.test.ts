import { createCollection } from '@tanstack/db'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { openDaybook, persistedCollectionOptions } from '../../src/node.js'
import { newFile, pause, withDaybook } from './files.js'

/** A handle that notes every statement it executes. */
function watchedHandle(filename: string) {
  const statements: string[] = []
  const database = new Database(filename, { verbose: (sql) => statements.push(String(sql)) })
  return { database, statements }
}

const rowsOptions = (persistence: ReturnType<typeof openDaybook>) =>
  persistedCollectionOptions({ id: 'rows', persistence, getKey: (row: { id: number }) => row.id })

describe('while nothing is written', () => {
  it('a followed collection asks for the change token, and reads neither the log nor the rows', async () => {
    const { database, statements } = watchedHandle(newFile())
    const daybook = openDaybook({ database })
    const rows = createCollection(rowsOptions(daybook))
    rows.subscribeChanges(() => undefined)
    await rows.preload()
    await rows.insert({ id: 1 }).isPersisted.promise
    // Posting, and the look that follows it, come to their end.
    await pause(600)
    statements.length = 0
    await pause(1000)
    const others = statements.filter((sql) => !sql.includes('data_version'))
    expect(others).toEqual([])
    expect(statements.length).toBeGreaterThan(0)
    await daybook.close()
    database.close()
  })

  it('a daybook that nobody follows executes nothing at all', async () => {
    const { database, statements } = watchedHandle(newFile())
    const daybook = openDaybook({ database })
    await daybook.write([{ op: 'put', collection: 'rows', key: 1, value: { id: 1 } }])
    await pause(600)
    statements.length = 0
    await pause(400)
    expect(statements).toEqual([])
    await daybook.close()
    database.close()
  })

  it('the log is read once more when another connection has written, and then no more', async () => {
    const file = newFile()
    await withDaybook(file, (daybook) => daybook.ready)
    const { database, statements } = watchedHandle(file)
    const daybook = openDaybook({ database })
    const rows = createCollection(rowsOptions(daybook))
    await rows.preload()
    rows.subscribeChanges(() => undefined)
    await pause(600)
    await withDaybook(file, (other) =>
      other.write([{ op: 'put', collection: 'rows', key: 1, value: { id: 1 } }]),
    )
    await expect.poll(() => rows.size, { timeout: 5000 }).toBe(1)
    await pause(800)
    statements.length = 0
    await pause(500)
    expect(statements.filter((sql) => !sql.includes('data_version'))).toEqual([])
    await daybook.close()
    database.close()
  })
})
