/** What transactions have touched, by key: enough to say later what it is by then. */

import type { Op } from '../../../log/op.js'
import type { Key } from '../../../values/key.js'

export interface Touched {
  /** All rows went first. */
  truncated: boolean
  /** How the collection was begun anew, when it was: its metadata went too. */
  anew: readonly Op[]
  readonly keys: Set<Key>
  /** Of those keys, the changes of rows that were not in memory. */
  readonly unseen: Map<Key, readonly Op[]>
  /** Names of the collection's metadata. */
  readonly names: Set<string>
}

export const nothingTouched = (): Touched => ({
  truncated: false,
  anew: [],
  keys: new Set(),
  unseen: new Map(),
  names: new Set(),
})

/** Adds what later transactions have touched. */
export function touchAlso(touched: Touched, later: Touched): void {
  if (later.truncated) {
    touched.truncated = true
    touched.keys.clear()
    touched.unseen.clear()
  }
  if (later.anew.length > 0) {
    touched.anew = later.anew
    touched.names.clear()
  }
  for (const key of later.keys) {
    touched.keys.add(key)
    const unseen = later.unseen.get(key)
    if (unseen === undefined) touched.unseen.delete(key)
    else touched.unseen.set(key, [...(touched.unseen.get(key) ?? []), ...unseen])
  }
  for (const name of later.names) touched.names.add(name)
}

export const isUntouched = ({ truncated, keys, names }: Touched): boolean =>
  !truncated && keys.size === 0 && names.size === 0
