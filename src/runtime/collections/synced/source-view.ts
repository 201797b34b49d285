/**
 * A collection as its source sees it: with the status that the source itself has given it.
 *
 * A persisted collection is ready before its source is. Query and Electric say that they failed only while the status
 * is `loading`; without this, nobody would be told.
 */

import type { CollectionStatus } from '@tanstack/db'

interface View {
  readonly collection: object
  status: () => CollectionStatus
}

// One for each collection: sources remember collections by identity from run to run.
const views = new WeakMap<object, View>()

export function sourceView<T extends object>(collection: T, status: () => CollectionStatus): T {
  const known = views.get(collection)
  if (known !== undefined) {
    known.status = status
    return known.collection as T
  }
  const view: View = {
    status,
    collection: new Proxy(collection, {
      get: (target, name) => (name === 'status' ? view.status() : Reflect.get(target, name, target)),
    }),
  }
  views.set(collection, view)
  return view.collection as T
}
