/** What a statement answers: values with their types, rows by column name, whatever was executed before. */

import { expect, test } from 'vitest'
import { all, run } from '../../drivers/program.js'
import type { SqlValue, Statement } from '../../drivers/statement.js'
import { ask, type Harness, sql, write } from './harness.js'

/** The fewest parameters that an engine takes in one statement (Durable Objects); the core never asks for more. */
const PARAMETERS = 100

/** Parts of a large body are cut at about this size. */
const MIB = 1 << 20

export function describeAnswers({ open }: Harness): void {
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

  test('a whole number is a number, never a bigint, and a column of integers keeps integers', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (n INTEGER)')
    const values = [0, -1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
    for (const value of values) await write(driver, 'INSERT INTO t VALUES (?)', value)
    const rows = await ask(driver, 'SELECT n, typeof(n) AS type FROM t ORDER BY rowid')
    expect(rows).toEqual(values.map((n) => ({ n, type: 'integer' })))
    const [sum] = await ask(
      driver,
      // A sum that a number can hold: some bindings refuse any other.
      'SELECT count(*) AS n, max(n) AS most, sum(n) AS sum FROM t WHERE n BETWEEN 0 AND ?',
      2 ** 40,
    )
    expect(Object.values(sum ?? {}).map((value) => typeof value)).toEqual(['number', 'number', 'number'])
  })

  // daybook stores none, but an app's own tables may, in the same file.
  test('a blob is not mistaken for a text', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (b)')
    await write(driver, "INSERT INTO t VALUES (x'00ff41')")
    expect(await ask(driver, 'SELECT typeof(b) AS type, hex(b) AS hex, length(b) AS n FROM t')).toEqual([
      { type: 'blob', hex: '00FF41', n: 3 },
    ])
    expect(await ask(driver, "SELECT count(*) AS n FROM t WHERE b = 'A'")).toEqual([{ n: 0 }])
  })

  test('a text that looks like a number stays a text, beside the number', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (k TEXT PRIMARY KEY)')
    for (const key of ['1', '"1"', '1.0', '01']) await write(driver, 'INSERT INTO t VALUES (?)', key)
    expect(await ask(driver, 'SELECT k FROM t ORDER BY k')).toEqual(
      ['"1"', '01', '1', '1.0'].map((k) => ({ k })),
    )
  })

  test('takes as many parameters as the smallest engine does, and large ones', async () => {
    const driver = await open()
    const numbers = Array.from({ length: PARAMETERS }, (_, n) => n)
    const sum = numbers.map(() => '?').join(' + ')
    expect(await ask(driver, `SELECT ${sum} AS sum`, ...numbers)).toEqual([{ sum: 4950 }])
    await write(driver, 'CREATE TABLE t (a TEXT, b TEXT)')
    const [a, b] = ['x'.repeat(MIB), '"'.repeat(MIB)]
    await write(driver, 'INSERT INTO t VALUES (?, ?)', a, b)
    const [row] = await ask(driver, 'SELECT a, b FROM t')
    expect(row?.a === a && row?.b === b).toBe(true)
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

  test('has what SQLite is needed for: RETURNING, UPSERT, JSON, partial and expression indexes', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (k TEXT PRIMARY KEY, v TEXT)')
    await write(driver, "CREATE INDEX i ON t (v) WHERE v <> 'x'")
    await write(driver, "CREATE INDEX j ON t (v ->> '$.n')")
    const upsert = 'INSERT INTO t VALUES (?, ?) ON CONFLICT (k) DO UPDATE SET v = excluded.v RETURNING v'
    expect(await write(driver, upsert, 'a', '{"n":1}')).toEqual([{ v: '{"n":1}' }])
    expect(await write(driver, upsert, 'a', '{"n":{"m":2}}')).toEqual([{ v: '{"n":{"m":2}}' }])
    expect(await ask(driver, "SELECT v ->> '$.n.m' AS m, json_type(v, '$.n') AS type FROM t")).toEqual([
      { m: 2, type: 'object' },
    ])
    expect(
      await ask(driver, "SELECT value FROM json_each(?) WHERE type <> 'null'", '[1,"1",null,true]'),
    ).toEqual([{ value: 1 }, { value: '1' }, { value: 1 }])
    expect(await ask(driver, `SELECT json_extract(?, '$."a.b"') AS x`, '{"a.b":[1]}')).toEqual([{ x: '[1]' }])
  })

  test('of a statement that is used again and again is right each time, also after the schema has changed', async () => {
    const driver = await open()
    await write(driver, 'CREATE TABLE t (a)')
    // Not `SELECT *`: node:sqlite on Node 22 keeps the columns of the first time. The core always names its columns.
    const select: Statement = sql('SELECT a FROM t')
    const read = async (): Promise<unknown> => driver.transaction('read', () => all(select))
    expect(await read()).toEqual([])
    await write(driver, 'INSERT INTO t VALUES (1)')
    expect(await read()).toEqual([{ a: 1 }])
    await write(driver, 'DROP TABLE t')
    await write(driver, 'CREATE TABLE t (a, b DEFAULT 2)')
    await write(driver, 'INSERT INTO t (a) VALUES (3)')
    expect(await read()).toEqual([{ a: 3 }])
  })
}
