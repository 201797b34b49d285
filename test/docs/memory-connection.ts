import Database from 'better-sqlite3'
import type { Connection } from '../../src/drivers/driver.js'

/** A connection to an empty database in memory, for examples that need one. */
export function memoryConnection(): Connection {
  const database = new Database(':memory:')
  return {
    name: 'better-sqlite3',
    sqliteVersion: '3.53.2',
    readonly: false,
    inTransaction: () => database.inTransaction,
    execute: ({ sql }, parameters) => {
      const prepared = database.prepare(sql)
      if (prepared.reader) return prepared.all(...parameters) as Record<string, unknown>[]
      prepared.run(...parameters)
      return []
    },
    close: () => {
      database.close()
    },
  }
}
