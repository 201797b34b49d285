/**
 * Which rows and states the log no longer accounts for once some of its ops are blanked, and what to append so that it
 * does again (M2).
 *
 * Looks at every op from the first that goes to the head. A row is determined again by an op that stays and says all of
 * it: a put its value, a delete or truncate everything. Whatever is not determined at the head is stated anew, as it is.
 */

import { first, type Program } from '../drivers/program.js'
import type { StoredOp } from '../log/stored-op.js'
import { decodeKey } from '../values/decode-key.js'
import { encodeKey } from '../values/key.js'
import { parseStored } from '../values/stored-json.js'
import type { Json, Note } from '../values/value.js'
import { findRowTable } from './registry.js'
import { stateOf } from './state.js'
import { rowTable, type StoredRow } from './tables.js'

/** What the ops that stay say of a row that lost an op. */
interface Determined {
  readonly value: boolean
  readonly metadata: boolean
}

interface Touched {
  /** By key, as JSON text. */
  readonly rows: Map<string, Determined>
  /** The names whose last op goes, as JSON text. */
  readonly states: Set<string>
}

export class Undetermined {
  readonly #collections = new Map<string, Touched>()

  /** Adds the next op of the log. */
  add(op: StoredOp, goes: boolean): void {
    const { rows, states } = this.#touched(op[1])
    switch (op[0]) {
      case 'put':
      case 'patch':
      case 'delete':
      case 'meta': {
        const key = encodeKey(op[2])
        const after = determinedAfter(rows.get(key), op[0], goes)
        if (after === undefined) rows.delete(key)
        else rows.set(key, after)
        return
      }
      case 'state':
        if (goes) states.add(JSON.stringify(op[2]))
        else states.delete(JSON.stringify(op[2]))
        return
      case 'truncate':
        rows.clear()
        return
      case 'reset':
        rows.clear()
        states.clear()
    }
  }

  /** The ops that state anew what is not determined, by what the tables say; they must be posted through the head. */
  *restating(): Program<StoredOp[]> {
    const ops: StoredOp[] = []
    for (const [collection, { rows, states }] of this.#collections) {
      const table = rows.size > 0 ? yield* findRowTable(collection) : undefined
      for (const [key, determined] of table === undefined ? [] : rows) {
        const row = yield* first(rowTable(table as string).get, key)
        if (row === undefined) continue
        if (!determined.value) ops.push(putOf(collection, row))
        // Without metadata there is nothing that could have gone.
        if (!determined.metadata && row.metadata !== null) ops.push(metaOf(collection, row))
      }
      for (const { name, value, notes } of states.size > 0 ? yield* stateOf(collection) : []) {
        if (!states.has(name)) continue
        const state = ['state', collection, parseStored<string>(name), ...valueAndNotes(value, notes)]
        ops.push(state as unknown as StoredOp)
      }
    }
    return ops
  }

  #touched(collection: string): Touched {
    const touched = this.#collections.get(collection) ?? { rows: new Map(), states: new Set() }
    this.#collections.set(collection, touched)
    return touched
  }
}

const WHOLE: Determined = { value: true, metadata: true }

// A row that is not looked at yet is whole: what comes before the first op that goes is as it was.
function determinedAfter(
  before: Determined | undefined,
  op: 'put' | 'patch' | 'delete' | 'meta',
  goes: boolean,
): Determined | undefined {
  const { value, metadata } = before ?? WHOLE
  if (goes) {
    // Without the put the row may not be there for a meta op that stays.
    if (op === 'put') return { value: false, metadata: false }
    return op === 'patch' ? { value: false, metadata } : { value, metadata: false }
  }
  if (before === undefined || op === 'delete') return undefined
  if (op === 'patch') return before
  const after = op === 'put' ? { value: true, metadata } : { value, metadata: metadata || value }
  return after.value && after.metadata ? undefined : after
}

/** The put that states the value of a stored row. */
export const putOf = (collection: string, row: StoredRow): StoredOp =>
  ['put', collection, decodeKey(row.key), ...valueAndNotes(row.value, row.notes)] as StoredOp

/** The meta op that states the metadata of a stored row. */
export const metaOf = (collection: string, row: StoredRow): StoredOp =>
  [
    'meta',
    collection,
    decodeKey(row.key),
    ...(row.metadata === null ? [] : valueAndNotes(row.metadata, row.metadata_notes)),
  ] as StoredOp

/** The two elements of an op that say what two columns say. */
export const valueAndNotes = (value: string, notes: string | null): [Json, (readonly Note[])?] =>
  notes === null ? [parseStored<Json>(value)] : [parseStored<Json>(value), parseStored<Note[]>(notes)]
