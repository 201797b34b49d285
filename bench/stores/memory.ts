/** Todos in memory only: what TanStack DB itself costs. */

import { createCollection, localOnlyCollectionOptions } from '@tanstack/db'
import type { Todo } from '../rows.js'
import { type Store, storeOf, type TodoCollection } from './store.js'

export async function openMemoryStore(): Promise<Store> {
  const todos = createCollection(localOnlyCollectionOptions({ id: 'todos', getKey: (row: Todo) => row.id }))
  await todos.preload()
  return storeOf(todos as TodoCollection, () => todos.cleanup())
}
