// The peer's side of every case: the collection that its README shows, with all options at their defaults. They set
// journal_mode=WAL and synchronous=NORMAL, as daybook does; the bench checks that.

import { createCollection } from '@tanstack/db'
import { createNodeSQLitePersistence, persistedCollectionOptions } from '@tanstack/node-db-sqlite-persistence'

/** Resolves when the rows of the database are loaded. */
export async function openTodos(database) {
  const todos = createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (row) => row.id,
      persistence: createNodeSQLitePersistence({ database }),
      schemaVersion: 1,
    }),
  )
  await todos.preload()
  return todos
}
