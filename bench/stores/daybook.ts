/** Todos in a daybook, with every option at its default unless a case says so. */

import { createCollection } from '@tanstack/db'
import { type Daybook, openDaybook, persistedCollectionOptions } from 'daybook/node'
import { COLLECTION, type Todo } from '../rows.js'
import { type Store, storeOf, type TodoCollection } from './store.js'

export interface DaybookStore extends Store {
  readonly daybook: Daybook
}

/** Resolves when the rows of the file are loaded. */
export async function openDaybookStore(
  filename: string,
  options: Omit<Parameters<typeof openDaybook>[0], 'filename' | 'database'> = {},
): Promise<DaybookStore> {
  const daybook = openDaybook({ filename, ...options })
  const todos = createCollection(
    persistedCollectionOptions({ id: COLLECTION, getKey: (row: Todo) => row.id, persistence: daybook }),
  )
  await todos.preload()
  const store = storeOf(todos as TodoCollection, async () => {
    await daybook.close()
    await todos.cleanup()
  })
  return Object.defineProperties({ daybook } as DaybookStore, Object.getOwnPropertyDescriptors(store))
}
