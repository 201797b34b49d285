import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/browser'
import { COLLECTION, type Todo } from '../../rows.js'
import { transactionOf } from '../../transactions.js'
import type { OpenTodos } from './main.js'

export async function open(name: string): Promise<OpenTodos> {
  const daybook = openDaybook({ name, durability: 'power' })
  const todos = createCollection(
    persistedCollectionOptions({ id: COLLECTION, getKey: (row: Todo) => row.id, persistence: daybook }),
  )
  await todos.preload()
  return {
    get size() {
      return todos.size
    },
    insert: (rows) => todos.insert(rows).isPersisted.promise,
    append: (row) => daybook.journal.append(transactionOf('bench', row.id, row)),
    restartWorker: () => daybook.restartWorker(),
  }
}
