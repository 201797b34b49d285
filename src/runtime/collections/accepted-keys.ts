/**
 * Rows whose change was accepted and has not come back through the tail. TanStack DB goes on showing the optimistic row of
 * a transaction that is complete for as long as its row is one of these, so an app need not await what it accepts.
 */

import type { Key } from '../../values/key.js'
import { recompute, setDeferredKeys } from './core-state.js'
import type { Mutation } from './mutations.js'

/** How many writes of a row are under way, by the collection object that made them. */
const underWay = new WeakMap<object, Map<Key, number>>()

/** Has core ask which rows are to be shown on. */
export const showAccepted = (collection: object): void =>
  setDeferredKeys(collection, (key) => underWay.get(collection)?.has(key) === true)

/** The rows of these mutations are shown on, until what is returned is called: before their entry is applied. */
export function accepted(mutations: readonly Mutation[]): () => void {
  count(mutations, 1)
  let isOver = false
  return () => {
    if (!isOver) count(mutations, -1)
    isOver = true
  }
}

/** What was accepted was refused: core shows what is there without it. */
export function dropAccepted(mutations: readonly Mutation[]): void {
  for (const collection of new Set(mutations.map((mutation) => mutation.collection))) recompute(collection)
}

function count(mutations: readonly Mutation[], by: 1 | -1): void {
  let of: object | undefined
  let keys = new Map<Key, number>()
  for (const { collection, key } of mutations) {
    // Most transactions change one collection, some of them very many of its rows.
    if (collection !== of) {
      of = collection
      keys = underWay.get(of) ?? new Map<Key, number>()
      underWay.set(of, keys)
    }
    const left = (keys.get(key) ?? 0) + by
    if (left > 0) keys.set(key, left)
    else keys.delete(key)
  }
}
