/**
 * What a file says, as SQLite reads it: every row of every table, by the table and by each of its indexes. Two files
 * with the same dump mean the same to everybody.
 */

import { copyFileSync, existsSync, rmSync } from 'node:fs'
import Database from 'better-sqlite3'

/** Lines; a part that cannot be read is a line that says why. */
export function dump(file: string): string[] {
  // A copy, for a look at a -wal would change what the file is like.
  const copy = `${file}-dump`
  copyFileSync(file, copy)
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
  try {
    return read(copy)
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(copy + suffix, { force: true })
  }
}

interface Item {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

function read(file: string): string[] {
  const lines: string[] = []
  const attempt = (what: string, work: () => void): void => {
    try {
      work()
    } catch (error) {
      lines.push(`${what}: ${(error as { code?: string }).code}`)
    }
  }
  attempt('open', () => {
    const database = new Database(file)
    const all = (sql: string): void => {
      for (const row of database.prepare(sql).safeIntegers().raw().iterate())
        lines.push(`${sql}: ${text(row)}`)
    }
    try {
      database.unsafeMode()
      let items: Item[] = []
      attempt('schema', () => {
        items = database.prepare('SELECT type, name, tbl_name, sql FROM sqlite_master').all() as Item[]
        for (const { type, name, tbl_name, sql } of items)
          lines.push(`${type} ${name} on ${tbl_name}: ${sql}`)
      })
      for (const { type, name, tbl_name, sql } of items) {
        if (type === 'table') {
          attempt(name, () => all(`SELECT rowid, * FROM "${name}" NOT INDEXED ORDER BY rowid`))
        } else if (type === 'index') {
          // Only what the index itself holds, in its order.
          attempt(name, () => {
            const columns = columnsOf(sql) ?? keyColumns(database, name)
            const where = sql?.includes('WHERE') ? ` WHERE ${sql.split('WHERE')[1]}` : ''
            all(
              `SELECT ${columns}, rowid FROM "${tbl_name}" INDEXED BY "${name}"${where} ORDER BY ${columns}`,
            )
          })
        }
      }
    } finally {
      database.close()
    }
  })
  return lines
}

function columnsOf(sql: string | null): string | undefined {
  return sql === null ? undefined : /\((.*)\)(?: WHERE.*)?$/s.exec(sql)?.[1]
}

function keyColumns(database: Database.Database, index: string): string {
  const rows = database.prepare(`PRAGMA index_info("${index}")`).all() as { name: string }[]
  return rows.map(({ name }) => name).join(', ')
}

const text = (row: unknown): string =>
  JSON.stringify(row, (_, value: unknown) =>
    typeof value === 'bigint'
      ? { integer: String(value) }
      : Buffer.isBuffer(value)
        ? { blob: value.toString('hex') }
        : value,
  )
