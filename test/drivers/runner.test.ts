/** One code path for connections that answer at once and those that answer late. */

import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/drivers/driver.js'
import { all, type Program, run } from '../../src/drivers/program.js'
import { createDriver } from '../../src/drivers/runner.js'
import type { Statement } from '../../src/drivers/statement.js'
import { describeDriver } from '../../src/testing.js'
import { put } from '../support/arbitraries.js'
import { asynchronous, connect, recording, sqliteError } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { openConnection } from '../support/open.js'

for (const delay of ['microtask', 'turn'] as const) {
  describeDriver(`a connection that answers after a ${delay}`, (filename, busyTimeout) => {
    const connection = connect(filename, busyTimeout)
    connection.execute({ sql: 'PRAGMA synchronous = NORMAL' }, [])
    return createDriver(asynchronous(connection, delay), { busyTimeout })
  })
}

const sql = (text: string): Statement<[]> => ({ sql: text })

function* two(): Program<unknown> {
  yield* run(sql('SELECT 1'))
  return yield* all(sql('SELECT 2 AS two'))
}

describe('a program', () => {
  test('runs to its end without a promise on a connection that answers at once', () => {
    const driver = createDriver(connect(newFile()))
    expect(driver.transaction('read', two)).toEqual([{ two: 2 }])
    driver.close()
  })

  test('is one transaction on a connection that answers late, whoever else asks meanwhile', async () => {
    const { connection, statements } = recording(connect(newFile()))
    const driver = createDriver(asynchronous(connection, 'turn'))
    const answers = await Promise.all([
      driver.transaction('read', two),
      driver.transaction('write', two),
      driver.transaction('read', two),
    ])
    expect(answers).toEqual([[{ two: 2 }], [{ two: 2 }], [{ two: 2 }]])
    const each = ['SELECT 1', 'SELECT 2 AS two', 'COMMIT']
    expect(statements).toEqual(['BEGIN', ...each, 'BEGIN IMMEDIATE', ...each, 'BEGIN', ...each])
    await driver.close()
  })

  test('that fails does not stop those behind it', async () => {
    const driver = createDriver(asynchronous(connect(newFile()), 'turn'))
    const answers = await Promise.allSettled([
      driver.transaction('write', () => run(sql('no SQL'))),
      driver.transaction('read', two),
    ])
    expect(answers).toMatchObject([{ reason: { code: 'DAYBOOK_SQLITE' } }, { value: [{ two: 2 }] }])
    await driver.close()
  })

  test('is told of a failure at the statement that failed, late or not', async () => {
    const caught: unknown[] = []
    function* program(): Program<string> {
      try {
        yield* run(sql('no SQL'))
      } catch (error) {
        caught.push(error)
      }
      return 'went on'
    }
    for (const connection of [connect(newFile()), asynchronous(connect(newFile()))]) {
      const driver = createDriver(connection)
      expect(await driver.transaction('write', program)).toBe('went on')
      await driver.close()
    }
    expect(caught).toMatchObject([{ sql: 'no SQL' }, { sql: 'no SQL' }])
  })
})

describe('an end that fails', () => {
  const failingAt = (text: string, fail: (real: Connection, statement: Statement) => never): Connection => {
    const real = connect(newFile())
    let failed = false
    return {
      ...real,
      execute(statement, parameters) {
        if (statement.sql !== text || failed) return real.execute(statement, parameters)
        failed = true
        return fail(real, statement)
      },
    }
  }

  test('at COMMIT with the transaction still open is rolled back and told as it is', async () => {
    const driver = createDriver(
      failingAt('COMMIT', () => {
        throw sqliteError('SQLITE_BUSY', 'database is locked')
      }),
    )
    const write = async (): Promise<unknown> =>
      driver.transaction('write', () => run(sql('CREATE TABLE t (a)')))
    await expect(write()).rejects.toMatchObject({ code: 'DAYBOOK_BUSY' })
    await write()
    await driver.close()
  })

  test('at COMMIT with no transaction left is not known', async () => {
    const driver = createDriver(
      failingAt('COMMIT', (real, statement) => {
        real.execute(statement, [])
        throw sqliteError('SQLITE_IOERR', 'disk I/O error')
      }),
    )
    const write = async (): Promise<unknown> =>
      driver.transaction('write', () => run(sql('CREATE TABLE t (a)')))
    await expect(write()).rejects.toMatchObject({ code: 'DAYBOOK_COMMIT_UNKNOWN' })
    expect(await driver.transaction('read', () => all(sql('SELECT * FROM t')))).toEqual([])
    await driver.close()
  })

  test('at COMMIT of a read is only that error', async () => {
    const driver = createDriver(
      failingAt('COMMIT', (real, statement) => {
        real.execute(statement, [])
        throw sqliteError('SQLITE_IOERR', 'disk I/O error')
      }),
    )
    const read = async (): Promise<unknown> => driver.transaction('read', two)
    await expect(read()).rejects.toMatchObject({ code: 'DAYBOOK_STORAGE_IO' })
    await driver.close()
  })
})

test('a journal on a connection that answers late keeps the order and everything else', async () => {
  const session = await openConnection(asynchronous(connect(newFile()), 'turn'))
  const history = new History()
  const heard: number[] = []
  session.journal.subscribe((entries) => heard.push(...entries.map(({ position }) => position.seq)))
  await session.clock.advance(0)
  const work: Promise<unknown>[] = []
  for (let n = 0; n < 30; n++) {
    work.push(history.send(session, history.make([put('todos', n % 3, { n })])))
    if (n % 4 === 0) work.push(session.journal.query('todos'))
    if (n % 5 === 0) work.push(session.clock.advance(120))
    if (n % 6 === 0) await Promise.resolve()
    if (n === 15) work.push(session.maintenance.rebuild())
  }
  await Promise.all(work)
  await checkDatabase(session, history)
  const seqs = history.asked.map(({ acknowledged }) => acknowledged!.seq)
  expect(seqs).toEqual([...seqs].sort((a, b) => a - b))
  expect([...new Set(heard)].sort((a, b) => a - b).at(-1)).toBe(31)
  await session.journal.close()
})
