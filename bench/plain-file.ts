/** The floor of hydration: a table of nothing but rows, and a collection that is handed them by a `sync` of its own. */

import { createCollection } from '@tanstack/db'
import Database from 'better-sqlite3'
import type { Todo } from './rows.js'
import { type Store, storeOf, type TodoCollection } from './stores/store.js'

/** A database with the rows. */
export function createPlainFile(filename: string, rows: readonly Todo[]): void {
  const database = new Database(filename)
  database.pragma('journal_mode = WAL')
  database.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, value TEXT NOT NULL)')
  const insert = database.prepare('INSERT INTO rows (id, value) VALUES (?, ?)')
  database.transaction(() => {
    for (const row of rows) insert.run(row.id, JSON.stringify(row))
  })()
  database.close()
}

/** Resolves when the rows are loaded. */
export async function openPlainFile(filename: string): Promise<Store> {
  const database = new Database(filename)
  const select = database.prepare<[], { value: string }>('SELECT value FROM rows')
  const todos = createCollection<Todo, number>({
    id: 'todos',
    getKey: (row) => row.id,
    sync: {
      sync: ({ begin, write, commit, markReady }) => {
        begin()
        for (const { value } of select.all()) {
          write({ type: 'insert', value: JSON.parse(value) as Todo })
        }
        commit()
        markReady()
      },
    },
  })
  await todos.preload()
  return storeOf(todos as TodoCollection, async () => {
    await todos.cleanup()
    database.close()
  })
}
