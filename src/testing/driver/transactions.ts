/** A transaction is all or nothing, alone, and told the truth about what became of it. */

import { expect, test } from 'vitest'
import { all, run } from '../../drivers/program.js'
import type { Statement } from '../../drivers/statement.js'
import { ask, type Harness, sql, write } from './harness.js'

export function describeTransactions({ open, newFile, copyAsKilled, shared }: Harness): void {
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

  test('refuses another BEGIN inside it, and goes on', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (a)')
    const nested = await driver.transaction('write', function* () {
      yield* run(sql('INSERT INTO t VALUES (1)'))
      try {
        yield* run(sql('BEGIN'))
        return undefined
      } catch (error) {
        return error
      }
    })
    expect(nested).toMatchObject({ code: 'DAYBOOK_SQLITE', sql: 'BEGIN' })
    expect(await ask(driver, 'SELECT a FROM t')).toEqual([{ a: 1 }])
  })

  test('that is rolled back takes the tables back that it made', async () => {
    const driver = await open()
    const failing = async (): Promise<unknown> =>
      driver.transaction('write', function* () {
        yield* run(sql('CREATE TABLE t (a)'))
        yield* run(sql('CREATE INDEX i ON t (a)'))
        throw new Error('not after all')
      })
    await expect(failing()).rejects.toThrow('not after all')
    expect(await ask(driver, 'SELECT name FROM sqlite_master')).toEqual([])
    await write(driver, 'CREATE TABLE t (b)')
  })
}
