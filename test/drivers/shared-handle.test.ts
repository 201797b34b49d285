/** The app uses its handle as well: what it has begun is its own, and daybook waits. */

import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { useBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import { put } from '../support/arbitraries.js'
import { check, fc } from '../support/fc.js'
import { newFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { openOn, readAll, type Session, transaction } from '../support/open.js'

let database: Database.Database
let session: Session

const openSession = (busyTimeout = 2000): Promise<Session> =>
  openOn(useBetterSqlite3(database, { durability: 'process', busyTimeout }))

beforeEach(async () => {
  database = new Database(newFile())
  database.exec('CREATE TABLE app (x)')
  session = await openSession()
})

afterEach(() => {
  database.close()
})

const appRows = (): unknown[] => database.prepare('SELECT x FROM app ORDER BY x').pluck().all()
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('an open transaction of the app', () => {
  test.each([
    ['BEGIN', 'COMMIT', [1]],
    ['BEGIN', 'ROLLBACK', []],
    ['BEGIN IMMEDIATE', 'COMMIT', [1]],
    ['SAVEPOINT s', 'RELEASE s', [1]],
  ])('%s … %s is neither committed nor rolled back by daybook, which waits', async (begin, end, expected) => {
    database.exec(begin)
    database.exec('INSERT INTO app VALUES (1)')
    let done = false
    const appended = session.journal.append(transaction('a', 1, [put('todos', 1, {})])).then((position) => {
      done = true
      return position
    })
    await pause(20)
    expect(done).toBe(false)
    expect(database.inTransaction).toBe(true)
    database.exec(end)
    expect(await appended).toEqual({ term: 1, seq: 2 })
    expect(appRows()).toEqual(expected)
  })

  test('does not hold what daybook does, so its rollback takes nothing of ours', async () => {
    database.exec('BEGIN; INSERT INTO app VALUES (1)')
    const appended = session.journal.append(transaction('a', 1, []))
    const head = session.journal.head()
    const rows = session.journal.query('todos')
    await pause(10)
    database.exec('ROLLBACK')
    await Promise.all([appended, head, rows])
    expect((await readAll(session)).length).toBe(2)
  })

  test('that goes on for too long is a BusyError, and nothing was written', async () => {
    const impatient = await openSession(30)
    database.exec('BEGIN; INSERT INTO app VALUES (1)')
    await expect(impatient.journal.append(transaction('a', 1, []))).rejects.toMatchObject({
      code: 'DAYBOOK_BUSY',
    })
    expect(database.inTransaction).toBe(true)
    database.exec('COMMIT')
    expect(appRows()).toEqual([1])
    expect((await readAll(session)).length).toBe(1)
    await impatient.journal.append(transaction('a', 1, []))
    expect((await readAll(session)).length).toBe(2)
  })

  test('survives a transaction of daybook that fails', async () => {
    await session.journal.append(transaction('a', 1, []))
    const refused = session.journal.append(transaction('a', 1, [put('todos', 1, {})])).catch(() => 'refused')
    database.exec('BEGIN; INSERT INTO app VALUES (1)')
    await pause(20)
    expect(database.inTransaction).toBe(true)
    database.exec('COMMIT')
    expect(await refused).toBe('refused')
    expect(appRows()).toEqual([1])
  })
})

describe('an iteration of the app', () => {
  test('is waited for as well', async () => {
    database.exec('INSERT INTO app VALUES (1), (2)')
    const appended: Promise<unknown>[] = []
    for (const row of database.prepare('SELECT x FROM app').iterate()) {
      appended.push(session.journal.append(transaction('a', (row as { x: number }).x, [])))
      await pause(5)
    }
    await Promise.all(appended)
    expect((await readAll(session)).length).toBe(3)
  })
})

describe('two daybooks on one handle', () => {
  test('queue: all of both is kept, and each sees the other', async () => {
    const other = await openSession()
    const mine = new History('mine')
    const theirs = new History('theirs')
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        await mine.send(session, mine.make([put('todos', n, { n })]))
        await theirs.send(other, theirs.make([put('lists', n, { n })]))
        if (n % 7 === 0) await session.journal.query('lists')
      }),
    )
    for (const each of [session, other]) {
      const entries = await readAll(each)
      expect(entries.length).toBe(81)
      mine.check(entries)
      theirs.check(entries)
      expect((await each.journal.query('todos')).rows.length).toBe(40)
      expect((await each.journal.query('lists')).rows.length).toBe(40)
      expect((await each.maintenance.verify()).findings).toEqual([])
    }
  })

  test('tell their listeners of each other', async () => {
    const other = await openSession()
    const heard: number[] = []
    const end = session.journal.subscribe((entries) =>
      heard.push(...entries.map(({ position }) => position.seq)),
    )
    await session.clock.advance(50)
    await other.journal.append(transaction('other', 1, []))
    await session.clock.advance(100)
    await session.journal.append(transaction('own', 1, []))
    expect(heard.slice(-2)).toEqual([2, 3])
    end()
  })
})

describe('the app and daybook on one handle', () => {
  test('never disturb each other, whatever the order', async () => {
    const step = fc.constantFrom('append', 'query', 'begin', 'insert', 'commit', 'rollback', 'turn')
    await check(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        database = new Database(newFile())
        database.exec('CREATE TABLE app (x)')
        session = await openSession()
        const history = new History()
        const asked: Promise<unknown>[] = []
        let kept = 0
        let open = 0
        for (const step of steps) {
          if (step === 'append') asked.push(history.send(session, history.make([put('todos', 1, { kept })])))
          else if (step === 'query') asked.push(session.journal.query('todos'))
          else if (step === 'turn') await pause(0)
          else if (step === 'begin' && !database.inTransaction) database.exec('BEGIN')
          else if (step === 'insert') {
            database.exec('INSERT INTO app VALUES (1)')
            if (database.inTransaction) open++
            else kept++
          } else if ((step === 'commit' || step === 'rollback') && database.inTransaction) {
            database.exec(step)
            if (step === 'commit') kept += open
            open = 0
          }
        }
        if (database.inTransaction) database.exec('ROLLBACK')
        await Promise.all(asked)
        expect(appRows().length).toBe(kept)
        await checkDatabase(session, history)
        database.close()
      }),
      40,
    )
    database = new Database(newFile())
  })
})
