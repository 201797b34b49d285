/** One collection of todos, however it is kept: every side of a case does the same through it. */

import type { Todo } from '../rows.js'

export interface Store {
  readonly size: number
  /** Resolves when the side says that the rows are kept. Several rows are one transaction. */
  insert(rows: Todo | Todo[]): Promise<unknown>
  update(id: number, title: string): Promise<unknown>
  close(): Promise<void>
}

/** The part of a TanStack collection that the cases use; the peer brings a collection class of its own. */
export interface TodoCollection {
  readonly size: number
  insert(rows: Todo | Todo[]): Persisted
  update(id: number, change: (draft: Todo) => void): Persisted
}

interface Persisted {
  readonly isPersisted: { readonly promise: Promise<unknown> }
}

/** The store of a collection. */
export const storeOf = (collection: TodoCollection, close: () => Promise<void>): Store => ({
  get size() {
    return collection.size
  },
  insert: (rows) => collection.insert(rows).isPersisted.promise,
  update: (id, title) =>
    collection.update(id, (draft) => {
      draft.title = title
    }).isPersisted.promise,
  close,
})
