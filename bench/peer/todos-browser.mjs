// The peer's side of the cases in the browser: the collection that its README shows, in one tab, with all options at their
// defaults. It acknowledges when the transaction is committed; its journal is a rollback journal with synchronous=FULL.

import {
  createBrowserWASQLitePersistence,
  openBrowserWASQLiteOPFSDatabase,
  persistedCollectionOptions,
} from '@tanstack/browser-db-sqlite-persistence'
import { createCollection } from '@tanstack/db'

/** Resolves when the rows of the database of this name are loaded. */
export async function openTodos(name) {
  const database = await openBrowserWASQLiteOPFSDatabase({ databaseName: `${name}.sqlite` })
  const todos = createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (row) => row.id,
      persistence: createBrowserWASQLitePersistence({ database }),
      schemaVersion: 1,
    }),
  )
  await todos.preload()
  return todos
}
