/** The posted rows that somebody asks about, and the seq through which they are posted, read at one moment. */

import { all, first, type Program } from '../../drivers/program.js'
import { cursor } from '../../log/cursor.js'
import { type FoldedRow, foldedRow } from '../fold.js'
import { findRowTable, listCollections } from '../registry.js'
import { type StoredState, stateOf } from '../state.js'
import { rowTable, type StoredRow } from '../tables.js'
import type { Interest } from './interest.js'

export interface PostedCollection {
  /** By key as it is stored. */
  readonly rows: ReadonlyMap<string, FoldedRow>
  /** Keys of rows that cannot be read: they are damaged. */
  readonly unreadable: ReadonlySet<string>
  /** By name as it is stored. */
  readonly state: ReadonlyMap<string, StoredState>
}

export interface Posted {
  readonly cursor: number
  readonly collections: ReadonlyMap<string, PostedCollection>
}

export function* postedRows(interest: Interest): Program<Posted> {
  const collections = new Map<string, PostedCollection>()
  const ids = interest.collections ?? (yield* listCollections()).map(({ collection }) => collection)
  for (const id of ids) {
    const table = yield* findRowTable(id)
    if (table === undefined) continue
    const rows = new Map<string, FoldedRow>()
    const unreadable = new Set<string>()
    for (const row of yield* rowsOf(table, interest.keysOf(id))) {
      try {
        rows.set(row.key, foldedRow(row))
      } catch {
        unreadable.add(row.key)
      }
    }
    collections.set(id, {
      rows,
      unreadable,
      state: new Map((yield* stateOf(id)).map((each) => [each.name, each])),
    })
  }
  return { cursor: yield* cursor(), collections }
}

function* rowsOf(table: string, keys: ReadonlySet<string> | undefined): Program<readonly StoredRow[]> {
  if (keys === undefined) return yield* all(rowTable(table).all)
  const found: StoredRow[] = []
  for (const key of keys) {
    const row = yield* first(rowTable(table).get, key)
    if (row !== undefined) found.push(row)
  }
  return found
}
