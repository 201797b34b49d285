/** Waiting for a lock of another process: it is had as soon as it is free, and given up after `busyTimeout`. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { connectBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import { codeName } from '../../src/drivers/sqlite-errors.js'
import { newFile } from '../support/files.js'
import { exec } from '../support/open.js'

const binding = createRequire(import.meta.url).resolve('better-sqlite3')

/** Another process, which has begun this and ends it after so many ms; -1: when it is killed. */
async function holder(file: string, sql: string, ms: number) {
  const code = `
    const database = new (require(${JSON.stringify(binding)}))(${JSON.stringify(file)})
    database.exec(${JSON.stringify(sql)})
    console.log('held')
    setTimeout(() => database.exec('COMMIT'), ${ms < 0 ? 2 ** 30 : ms})`
  const child = spawn(process.execPath, ['-e', code])
  await once(child.stdout, 'data')
  return child
}

function newTable(): string {
  const file = newFile()
  exec(file, 'PRAGMA journal_mode = WAL; CREATE TABLE t (n); INSERT INTO t VALUES (1)')
  return file
}

const open = (file: string, busyTimeout: number) =>
  connectBetterSqlite3(file, { durability: 'process', busyTimeout })

test('a statement waits for whoever writes', async () => {
  const file = newTable()
  const connection = open(file, 60_000)
  await holder(file, 'BEGIN IMMEDIATE; INSERT INTO t VALUES (2)', 300)
  connection.execute({ sql: 'INSERT INTO t VALUES (3)' }, [])
  expect(connection.execute({ sql: 'SELECT n FROM t' }, [])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  await connection.close()
})

test('a checkpoint that is to empty the -wal waits for whoever reads from it', async () => {
  const file = newTable()
  const connection = open(file, 60_000)
  connection.execute({ sql: 'INSERT INTO t VALUES (2)' }, [])
  await holder(file, 'BEGIN; SELECT * FROM t', 300)
  connection.execute({ sql: 'INSERT INTO t VALUES (3)' }, [])
  expect(connection.execute({ sql: 'PRAGMA wal_checkpoint(TRUNCATE)' }, [])).toMatchObject([
    { busy: 0, log: 0 },
  ])
  await connection.close()
})

test.each([0, 5, 50])('gives up after busyTimeout: %i ms', async (busyTimeout) => {
  const file = newTable()
  const connection = open(file, busyTimeout)
  const child = await holder(file, 'BEGIN IMMEDIATE', -1)
  let failure: unknown
  try {
    connection.execute({ sql: 'INSERT INTO t VALUES (3)' }, [])
  } catch (error) {
    failure = error
  }
  expect(codeName(failure)).toBe('BUSY')
  child.kill('SIGKILL')
  await once(child, 'exit')
  connection.execute({ sql: 'INSERT INTO t VALUES (3)' }, [])
  await connection.close()
})
