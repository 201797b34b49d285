import { createRequire } from 'node:module'
import { type NodeSqliteDatabase, openNodeSqlite, useNodeSqlite } from '../../src/drivers/node-sqlite.js'
import { describeDriver } from '../../src/testing.js'

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
  DatabaseSync: new (filename: string) => NodeSqliteDatabase
}

describeDriver('node:sqlite, a file of its own', (filename, busyTimeout) =>
  openNodeSqlite(filename, { durability: 'process', busyTimeout }),
)

describeDriver("node:sqlite, the app's handle", appHandle, { shared: true })

function appHandle(filename: string, busyTimeout: number) {
  const database = new DatabaseSync(filename)
  for (const sql of [
    'PRAGMA journal_mode = WAL',
    'PRAGMA synchronous = NORMAL',
    `PRAGMA busy_timeout = ${busyTimeout}`,
  ]) {
    database.prepare(sql).all()
  }
  return useNodeSqlite(database, { durability: 'process', busyTimeout })
}
