/** Folding forward: what is known of rows and of collections' metadata by the entries so far. */

import type { Entry } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import { encodeKey } from '../../values/key.js'
import { type StoredState, stateAfter } from '../state.js'
import type { Interest } from './interest.js'
import { ABSENT, type Knowledge, knownAfter, UNKNOWN } from './known-row.js'

/** What is known of one collection. */
export interface ForwardCollection {
  /** By key as it is stored. */
  readonly rows: Map<string, Knowledge>
  /** By name as it is stored. */
  readonly state: Map<string, StoredState | typeof ABSENT>
  /** A row that is not in `rows` does not exist; otherwise nothing is known of it. */
  rowsAreAll: boolean
  /** The same of `state`. */
  stateIsAll: boolean
  /** The log has mentioned it, and has not forgotten it since. */
  mentioned: boolean
}

export class Forward {
  readonly #interest: Interest
  #collections = new Map<string, ForwardCollection>()
  #startsKnown: boolean

  /** `fromNothing`: before the first entry that is added there was nothing; otherwise it is unknown what there was. */
  constructor(interest: Interest, fromNothing: boolean) {
    this.#interest = interest
    this.#startsKnown = fromNothing
  }

  /** Whether all is known: the fold began with nothing, and no entry was missing. */
  get isCertain(): boolean {
    return this.#startsKnown
  }

  get collections(): ReadonlyMap<string, ForwardCollection> {
    return this.#collections
  }

  collection(id: string): ForwardCollection {
    let found = this.#collections.get(id)
    if (found === undefined) {
      const isAll = this.#startsKnown
      found = { rows: new Map(), state: new Map(), rowsAreAll: isAll, stateIsAll: isAll, mentioned: false }
      this.#collections.set(id, found)
    }
    return found
  }

  row(collection: string, key: string): Knowledge {
    const { rows, rowsAreAll } = this.collection(collection)
    return rows.get(key) ?? (rowsAreAll ? ABSENT : UNKNOWN)
  }

  /** Says what is known without an entry, as the posted rows do. */
  know(collection: string, key: string, knowledge: Knowledge): void {
    const { rows, rowsAreAll } = this.collection(collection)
    if (knowledge === ABSENT && rowsAreAll) rows.delete(key)
    else rows.set(key, knowledge)
  }

  /** @throws what {@link Interest.ops} throws; nothing was added then */
  add(entry: Entry, isDamaged = false): void {
    for (const op of this.#interest.ops(entry, isDamaged)) this.apply(op, entry.position.seq)
  }

  /** Entries are missing: nothing that was known still has to hold. */
  gap(): void {
    this.#collections = new Map()
    this.#startsKnown = false
  }

  apply(op: StoredOp, seq: number): void {
    if (op[0] === 'claim') return
    const found = this.collection(op[1])
    found.mentioned = op[0] !== 'reset'
    switch (op[0]) {
      case 'schema':
        return
      case 'truncate':
      case 'reset':
        found.rows.clear()
        found.rowsAreAll = true
        if (op[0] === 'truncate') return
        found.state.clear()
        found.stateIsAll = true
        return
      case 'redacted':
        // Whichever rows it was about, nobody knows what became of them.
        found.rows.clear()
        found.rowsAreAll = false
        found.state.clear()
        found.stateIsAll = false
        return
      case 'state':
        found.state.set(JSON.stringify(op[2]), stateAfter(op, seq) ?? ABSENT)
        return
      default: {
        const key = encodeKey(op[2])
        if (!this.#interest.inRow(op[1], key)) return
        this.know(op[1], key, knownAfter(this.row(op[1], key), op, seq))
      }
    }
  }
}
