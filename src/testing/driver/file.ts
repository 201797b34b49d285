/** A file: there again, in the mode that durability rests on, and honest when it is full, shared or closed. */

import { expect, test } from 'vitest'
import { DaybookError } from '../../errors.js'
import { ask, type Harness, sql, write } from './harness.js'

export function describeFile({ facts, open, close, newFile, shared }: Harness): void {
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

  shared('tells by its token that somebody has committed, and does not change while nobody has', async () => {
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
  })

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

  test('that was closed answers with a typed error, at once, and the next one has everything', async () => {
    const file = newFile()
    const driver = await open(file)
    await write(driver, 'CREATE TABLE t (a)')
    // In use at the moment: whatever is answered is true.
    const underWay = Array.from({ length: 5 }, (_, n) =>
      write(driver, 'INSERT INTO t VALUES (?)', n).then(
        () => n,
        (error: unknown) => error,
      ),
    )
    const outcomes = await Promise.all(underWay)
    await close(driver)
    const late = await write(driver, 'INSERT INTO t VALUES (99)').then(
      () => 99,
      (error: unknown) => error,
    )
    if (facts.shared !== true) expect(late).toBeInstanceOf(DaybookError)
    const statement = { statement: sql('SELECT 1'), parameters: [] }
    if (facts.shared !== true) {
      await expect((async () => driver.statement(statement))()).rejects.toBeInstanceOf(DaybookError)
    }
    const kept = [...outcomes, late].filter((outcome) => typeof outcome === 'number')
    expect(await ask(await open(file), 'SELECT a FROM t ORDER BY a')).toEqual(kept.map((a) => ({ a })))
  })
}
