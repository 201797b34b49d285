/**
 * The floor under every append: a prepared INSERT of the same bytes in its own BEGIN IMMEDIATE and COMMIT. Nothing
 * durable can be cheaper with this binding: no checksum, no position, no origin, no promise.
 */

import Database from 'better-sqlite3'

export interface Floor {
  /** One transaction of one row. */
  insert(body: string): void
  close(): void
}

/** A new database with one table, with the settings that daybook has. */
export function openFloor(filename: string): Floor {
  const database = new Database(filename)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.exec('CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)')
  const begin = database.prepare('BEGIN IMMEDIATE')
  const insert = database.prepare('INSERT INTO bodies (body) VALUES (?)')
  const commit = database.prepare('COMMIT')
  return {
    insert(body) {
      begin.run()
      insert.run(body)
      commit.run()
    },
    close: () => database.close(),
  }
}
