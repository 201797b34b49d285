/**
 * What every driver must do, on a real file. A test file for a driver is a few lines:
 *
 *   driverConformance('better-sqlite3', (filename) => openBetterSqlite3(filename, settings))
 */

import { afterEach, describe, expect, test } from 'vitest'
import type { Driver } from '../../src/drivers/driver.js'
import { all, type Program, run } from '../../src/drivers/program.js'
import type { SqlRow, SqlValue, Statement } from '../../src/drivers/statement.js'
import { put } from './arbitraries.js'
import { copyAsKilled, newFile } from './files.js'
import { checkDatabase, History } from './history.js'
import { openOn, transaction } from './open.js'

/** Opens a driver on a file, waiting at most `busyTimeout` ms for locks. */
export type OpenDriver = (filename: string, busyTimeout: number) => Driver | Promise<Driver>

export interface DriverFacts {
  /** A connection has its file to itself: nobody else can have it open. Default false. */
  readonly alone?: boolean
}

export function driverConformance(
  name: string,
  openDriver: OpenDriver,
  { alone = false }: DriverFacts = {},
): void {
  const opened = new Set<Driver>()
  // For two connections on one file.
  const shared = (title: string, work: () => Promise<void>): void => {
    if (!alone) test(title, work)
  }
  const open = async (filename = newFile(), busyTimeout = 50): Promise<Driver> => {
    const driver = await openDriver(filename, busyTimeout)
    opened.add(driver)
    return driver
  }
  const close = async (driver: Driver): Promise<void> => {
    opened.delete(driver)
    await driver.close()
  }

  afterEach(async () => {
    for (const driver of opened) await close(driver)
  })

  const sql = (text: string): Statement => ({ sql: text })
  const ask = (driver: Driver, text: string, ...parameters: SqlValue[]): Promise<readonly SqlRow[]> =>
    Promise.resolve(
      driver.transaction('read', () => all(sql(text), ...parameters) as Program<readonly SqlRow[]>),
    )
  const write = async (driver: Driver, text: string, ...parameters: SqlValue[]): Promise<readonly SqlRow[]> =>
    driver.transaction('write', () => all(sql(text), ...parameters) as Program<readonly SqlRow[]>)

  describe(`${name}: what comes back`, () => {
    test('says who it is', async () => {
      const driver = await open()
      expect(driver.name.length).toBeGreaterThan(0)
      expect(driver.sqliteVersion).toMatch(/^3\.\d+\.\d+/)
      expect(driver.readonly).toBe(false)
    })

    test.each<[string, SqlValue]>([
      ['null', null],
      ['0', 0],
      ['a negative number', -7],
      ['a fraction', 0.1],
      ['more than 32 bits', 2 ** 40],
      ['the largest whole number', Number.MAX_SAFE_INTEGER],
      ['the smallest whole number', Number.MIN_SAFE_INTEGER],
      ['no text', ''],
      ['text', 'Größe 日本語 📒'],
      ['quotes', `'"\`[]?;--`],
      ['a number as text', '007'],
      ['a long text', 'é'.repeat(500_000)],
      ['JSON of NUL and of a lone surrogate', JSON.stringify('a\0b\ud800')],
    ])('%s is the same', async (_, value) => {
      const driver = await open()
      expect(await ask(driver, 'SELECT ? AS value', value)).toEqual([{ value }])
      await write(driver, 'CREATE TABLE t (value)')
      await write(driver, 'INSERT INTO t VALUES (?)', value)
      expect(await ask(driver, 'SELECT value FROM t')).toEqual([{ value }])
      expect(await ask(driver, 'SELECT count(*) AS n FROM t WHERE value IS ?', value)).toEqual([{ n: 1 }])
    })

    test('has the columns by name, and all rows in order', async () => {
      const driver = await open()
      const rows = await ask(driver, 'SELECT 1 AS a, NULL AS b UNION ALL SELECT 2, 3 ORDER BY a')
      expect(rows.map((row) => ({ ...row }))).toEqual([
        { a: 1, b: null },
        { a: 2, b: 3 },
      ])
    })

    test('is nothing for a statement without rows', async () => {
      const driver = await open()
      expect(await write(driver, 'CREATE TABLE t (a)')).toEqual([])
      expect(await write(driver, 'INSERT INTO t VALUES (1)')).toEqual([])
      expect(await ask(driver, 'SELECT a FROM t WHERE a = 2')).toEqual([])
      expect(await write(driver, 'DELETE FROM t')).toEqual([])
    })

    test('can be many rows', async () => {
      const driver = await open()
      await driver.transaction('write', function* () {
        yield* run(sql('CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)'))
        const insert = sql('INSERT INTO t VALUES (?, ?)')
        for (let n = 1; n <= 20_000; n++) yield* run(insert, n, `row ${n}`)
      })
      const rows = await ask(driver, 'SELECT a, b FROM t ORDER BY a')
      expect(rows.length).toBe(20_000)
      expect(rows.at(-1)).toEqual({ a: 20_000, b: 'row 20000' })
    })

    test('has what SQLite is needed for: RETURNING, UPSERT, JSON, partial indexes', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT)')
      await write(driver, "CREATE INDEX i ON t (v) WHERE v <> 'x'")
      const upsert = 'INSERT INTO t VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v RETURNING v'
      expect(await write(driver, upsert, 'a', '{"n":1}')).toEqual([{ v: '{"n":1}' }])
      expect(await write(driver, upsert, 'a', '{"n":{"m":2}}')).toEqual([{ v: '{"n":{"m":2}}' }])
      expect(await ask(driver, "SELECT v ->> '$.n.m' AS m, json_type(v, '$.n') AS type FROM t")).toEqual([
        { m: 2, type: 'object' },
      ])
    })

    test('of a statement that is used again and again is right each time, also after the schema has changed', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a)')
      // Not `SELECT *`: node:sqlite on Node 22 keeps the columns of the first time. The core always names its columns.
      const select = sql('SELECT a FROM t')
      const read = async (): Promise<unknown> => driver.transaction('read', () => all(select))
      expect(await read()).toEqual([])
      await write(driver, 'INSERT INTO t VALUES (1)')
      expect(await read()).toEqual([{ a: 1 }])
      await write(driver, 'DROP TABLE t')
      await write(driver, 'CREATE TABLE t (a, b DEFAULT 2)')
      await write(driver, 'INSERT INTO t (a) VALUES (3)')
      expect(await read()).toEqual([{ a: 3 }])
    })
  })

  describe(`${name}: a transaction`, () => {
    test('is kept whole, and answers with what the program returns', async () => {
      const file = newFile()
      const driver = await open(file)
      const answer = await driver.transaction('write', function* () {
        yield* run(sql('CREATE TABLE t (a)'))
        yield* run(sql('INSERT INTO t VALUES (1)'))
        return 'answer'
      })
      expect(answer).toBe('answer')
      // What a kill would leave.
      const left = await open(copyAsKilled(file))
      expect(await ask(left, 'SELECT a FROM t')).toEqual([{ a: 1 }])
    })

    test('of one statement is kept, or leaves nothing when it fails', async () => {
      const file = newFile()
      const driver = await open(file)
      await write(driver, 'CREATE TABLE t (a UNIQUE)')
      const insert = async (...values: number[]): Promise<unknown> =>
        driver.statement({ statement: sql('INSERT INTO t VALUES (?), (?)'), parameters: values })
      expect(await insert(1, 2)).toEqual([])
      await expect(insert(3, 1)).rejects.toMatchObject({ code: 'DAYBOOK_SQLITE' })
      const left = await open(copyAsKilled(file))
      expect(await ask(left, 'SELECT a FROM t ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }])
    })

    test('leaves nothing when the program throws', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a)')
      const thrown = new Error('the program has changed its mind')
      const failing = async (): Promise<unknown> =>
        driver.transaction('write', function* () {
          yield* run(sql('INSERT INTO t VALUES (1)'))
          throw thrown
        })
      await expect(failing()).rejects.toBe(thrown)
      expect(await ask(driver, 'SELECT a FROM t')).toEqual([])
    })

    test('leaves nothing when a statement fails, and the next one goes on', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a UNIQUE)')
      const failing = async (): Promise<unknown> =>
        driver.transaction('write', function* () {
          yield* run(sql('INSERT INTO t VALUES (1)'))
          yield* run(sql('INSERT INTO t VALUES (1)'))
        })
      await expect(failing()).rejects.toMatchObject({
        code: 'DAYBOOK_SQLITE',
        sql: 'INSERT INTO t VALUES (1)',
      })
      await write(driver, 'INSERT INTO t VALUES (2)')
      expect(await ask(driver, 'SELECT a FROM t')).toEqual([{ a: 2 }])
    })

    test('lets the program catch the failure of a statement and go on', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a UNIQUE)')
      await driver.transaction('write', function* () {
        yield* run(sql('INSERT INTO t VALUES (1)'))
        try {
          yield* run(sql('INSERT INTO t VALUES (1)'))
        } catch {
          yield* run(sql('INSERT INTO t VALUES (2)'))
        }
      })
      expect(await ask(driver, 'SELECT a FROM t ORDER BY a')).toEqual([{ a: 1 }, { a: 2 }])
    })

    test('is not begun inside another one: those asked for at once run one after the other', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a)')
      await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          driver.transaction('write', function* () {
            const [row] = yield* all(sql('SELECT count(*) AS n FROM t'))
            yield* run(sql('INSERT INTO t VALUES (?)') as Statement<[number]>, n)
            const [after] = yield* all(sql('SELECT count(*) AS n FROM t'))
            expect((after as { n: number }).n).toBe((row as { n: number }).n + 1)
          }),
        ),
      )
      expect(await ask(driver, 'SELECT a FROM t')).toEqual(Array.from({ length: 20 }, (_, a) => ({ a })))
    })

    shared('that reads sees one state, whatever another connection commits meanwhile', async () => {
      const file = newFile()
      const driver = await open(file)
      const other = await open(file)
      await write(driver, 'CREATE TABLE t (a)')
      const select = sql('SELECT count(*) AS n FROM t')
      let between: Promise<unknown> | undefined
      const counts = await driver.transaction('read', function* () {
        const before = yield* all(select)
        between = write(other, 'INSERT INTO t VALUES (1)')
        return [before, yield* all(select)]
      })
      expect(counts).toEqual([[{ n: 0 }], [{ n: 0 }]])
      await between
      expect(await ask(driver, 'SELECT count(*) AS n FROM t')).toEqual([{ n: 1 }])
    })

    shared('that writes keeps other writers out from its first moment, and they are told', async () => {
      const file = newFile()
      const driver = await open(file)
      const other = await open(file)
      await write(driver, 'CREATE TABLE t (a)')
      let refused: Promise<unknown> | undefined
      await driver.transaction('write', function* () {
        // Nothing was written yet.
        refused = write(other, 'INSERT INTO t VALUES (1)').catch((error: unknown) => error)
        yield* run(sql('SELECT 1'))
        const end = Date.now() + 200
        // A synchronous binding has given up already; one that waits elsewhere gives up meanwhile.
        while (Date.now() < end);
      })
      // A binding that waits by promises may have been let in afterwards; nobody is ever let in between.
      const outcome = await refused
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'DAYBOOK_BUSY' })
      await write(other, 'INSERT INTO t VALUES (2)')
      expect((await ask(driver, 'SELECT a FROM t')).at(-1)).toEqual({ a: 2 })
    })
  })

  describe(`${name}: a file`, () => {
    test('is there again after it was closed', async () => {
      const file = newFile()
      const driver = await open(file)
      await write(driver, 'CREATE TABLE t (a)')
      await write(driver, 'INSERT INTO t VALUES (1)')
      await close(driver)
      expect(await ask(await open(file), 'SELECT a FROM t')).toEqual([{ a: 1 }])
    })

    test('is kept in WAL mode, with the fsyncs that were asked for', async () => {
      const driver = await open()
      expect(await ask(driver, 'SELECT journal_mode FROM pragma_journal_mode')).toEqual([
        { journal_mode: 'wal' },
      ])
      expect(await ask(driver, 'SELECT synchronous FROM pragma_synchronous')).toEqual([{ synchronous: 1 }])
    })

    shared(
      'tells by its token that somebody has committed, and does not change while nobody has',
      async () => {
        const file = newFile()
        const driver = await open(file)
        const other = await open(file)
        await write(driver, 'CREATE TABLE t (a)')
        const tokens = [await driver.changeToken?.()]
        if (tokens[0] === undefined) return
        await ask(driver, 'SELECT a FROM t')
        expect(await driver.changeToken?.()).toBe(tokens[0])
        await write(other, 'INSERT INTO t VALUES (1)')
        tokens.push(await driver.changeToken?.())
        await write(driver, 'INSERT INTO t VALUES (2)')
        tokens.push(await driver.changeToken?.())
        expect(new Set(tokens).size).toBe(3)
        expect(await driver.changeToken?.()).toBe(tokens[2])
      },
    )

    test('that is full says so, keeps what it has, and takes more when there is room', async () => {
      const driver = await open()
      await write(driver, 'CREATE TABLE t (a)')
      const [row] = await ask(driver, 'SELECT page_count AS n FROM pragma_page_count')
      await write(driver, `PRAGMA max_page_count = ${Number(row?.n) + 2}`)
      await expect(write(driver, 'INSERT INTO t VALUES (?)', 'x'.repeat(100_000))).rejects.toMatchObject({
        code: 'DAYBOOK_STORAGE_FULL',
      })
      expect(await ask(driver, 'SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }])
      await write(driver, 'PRAGMA max_page_count = 1000000')
      await write(driver, 'INSERT INTO t VALUES (?)', 'x'.repeat(100_000))
    })

    test('holds a journal: appends, retries, rows, rebuild, compact, reopen', async () => {
      const file = newFile()
      const session = await openOn(await open(file, 1000))
      const history = new History()
      const odd = { key: 'a\0\ud800', at: new Date(0), n: 5n, ['__proto__']: 1 }
      await history.send(
        session,
        history.make([put('todos', 1, odd), put('todos', '1', {}), put('\ud800', '', {})]),
      )
      await Promise.all(
        Array.from({ length: 50 }, (_, n) => history.send(session, history.make([put('todos', n, { n })]))),
      )
      for (const asked of history.asked) await history.send(session, asked)
      await checkDatabase(session, history)
      await session.maintenance.rebuild()
      await checkDatabase(session, history)
      await session.journal.claimTerm()
      await session.journal.close()
      const next = await openOn(await open(file, 1000))
      await checkDatabase(next, history)
      await next.journal.compact()
      for (const asked of history.asked) await history.send(next, asked)
      expect((await next.journal.append(transaction('later', 1, []))).term).toBe(2)
      await next.journal.close()
    })
  })
}
