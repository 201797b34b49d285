import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/browser'
import type { Todo } from '../../rows.js'
import type { OpenTodos } from './main.js'

export async function open(name: string): Promise<OpenTodos> {
  const daybook = openDaybook({ name, durability: 'power' })
  const todos = createCollection(
    persistedCollectionOptions({ id: 'todos', getKey: (row: Todo) => row.id, persistence: daybook }),
  )
  await todos.preload()
  return {
    get size() {
      return todos.size
    },
    insert: (rows) => todos.insert(rows).isPersisted.promise,
    restartWorker: () => daybook.restartWorker(),
  }
}
