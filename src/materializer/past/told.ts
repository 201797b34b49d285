/** The answer: what the entries through a position tell, completed by what the posted rows tell of it. */

import type { StoredState } from '../state.js'
import type { Backward } from './backward.js'
import type { Forward } from './forward.js'
import { ABSENT, type Knowledge, type KnownRow } from './known-row.js'
import type { Posted } from './posted.js'

/** One collection at a position. */
export interface PastCollection {
  /** By key as it is stored; rows that are known not to be there are left out. */
  readonly rows: ReadonlyMap<string, KnownRow>
  /** There may have been rows with other keys. */
  readonly mayHaveMore: boolean
  /** By name as it is stored; `undefined`: there may be a value, nobody knows which. */
  readonly state: ReadonlyMap<string, StoredState | undefined>
  /** There may have been metadata under other names. */
  readonly mayHaveMoreState: boolean
}

/** What helps where the fold does not know all. */
interface Help {
  readonly backward: Backward
  readonly posted: Posted
}

export class Past {
  readonly at: number
  readonly #forward: Forward
  readonly #help: Help | undefined

  constructor(at: number, forward: Forward, help?: Help) {
    this.at = at
    this.#forward = forward
    this.#help = help
  }

  /** What is known of a row that was asked about; `key` as it is stored. `told`: what the entries tell of it. */
  row(collection: string, key: string, told = this.#forward.row(collection, key)): Knowledge {
    const posted = this.#help?.posted.collections.get(collection)
    // A row that is there and cannot be read says nothing.
    if (this.#help === undefined || posted?.unreadable.has(key)) return told
    return this.#help.backward.row(collection, key, this.at, told, posted?.rows.get(key))
  }

  /** What is known of a collection; nothing where it is known to be unmentioned and empty. */
  collection(id: string): PastCollection | undefined {
    const told = this.#forward.collections.get(id)
    const { isCertain } = this.#forward
    const { backward, posted } = this.#help ?? {}
    const rows = new Map<string, KnownRow>()
    for (const key of union(
      told?.rows.keys(),
      posted?.collections.get(id)?.rows.keys(),
      backward?.keysOf(id),
    )) {
      const row = this.row(id, key)
      if (row !== ABSENT) rows.set(key, row)
    }
    const state = this.#state(id)
    const mayHaveMore = !(told?.rowsAreAll ?? isCertain) && !(backward?.knowsAllKeys(id, this.at) ?? false)
    const mayHaveMoreState =
      !(told?.stateIsAll ?? isCertain) && !(backward?.knowsAllNames(id, this.at) ?? false)
    const isThere = told?.mentioned || rows.size > 0 || state.size > 0 || mayHaveMore || mayHaveMoreState
    return isThere ? { rows, mayHaveMore, state, mayHaveMoreState } : undefined
  }

  /** The collections of which anything is known, by id. */
  *collections(): Generator<readonly [id: string, collection: PastCollection]> {
    const { backward, posted } = this.#help ?? {}
    const ids = union(this.#forward.collections.keys(), posted?.collections.keys(), backward?.collections)
    for (const id of [...ids].sort()) {
      const collection = this.collection(id)
      if (collection !== undefined) yield [id, collection]
    }
  }

  #state(id: string): ReadonlyMap<string, StoredState | undefined> {
    const told = this.#forward.collections.get(id)
    const { backward, posted } = this.#help ?? {}
    const stored = posted?.collections.get(id)?.state
    const state = new Map<string, StoredState | undefined>()
    for (const name of union(told?.state.keys(), stored?.keys(), backward?.namesOf(id))) {
      const folded = told?.state.get(name) ?? (told?.stateIsAll ? ABSENT : undefined)
      const value =
        backward === undefined ? folded : backward.state(id, name, this.at, folded, stored?.get(name))
      if (value !== ABSENT) state.set(name, value)
    }
    return state
  }
}

const union = <T>(...parts: (Iterable<T> | undefined)[]): Set<T> =>
  new Set(parts.flatMap((part) => [...(part ?? [])]))
