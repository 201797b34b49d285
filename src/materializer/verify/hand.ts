/**
 * The rows and states that the log tells of, for as many keys as fit into memory: those whose hash lies in a range. When
 * they become too many the range is narrowed and what lies outside is dropped, to be folded in another pass.
 *
 * Where the beginning of the log was trimmed, what was before is unknown, and stays so until an op says it: a put says
 * the value, a delete or a truncate that there is no row.
 */

import type { StoredOp } from '../../log/stored-op.js'
import { encodeKey } from '../../values/key.js'
import { type FoldedValue, foldedRow, foldRow, KEEP, type RowOp, storedRow } from '../fold.js'
import { type StoredState, stateAfter } from '../state.js'

/** A row as the log tells of it, in the form in which it is stored. */
export interface ToldRow {
  /** Not told: what was trimmed says it. */
  readonly value: string | undefined
  readonly notes: string | null
  /** Not told: what was trimmed says it. */
  readonly metadata: string | null | undefined
  readonly metadataNotes: string | null
  /** The entry that last wrote the row; not told: one that was trimmed. */
  readonly seq: number | undefined
  /** Whether the log tells that there is such a row. */
  readonly certain: boolean
}

/** The log tells that there is none. */
export const GONE = Symbol('there is none')

/** What the log tells of a collection. */
export interface Told {
  /** By key, as JSON text. */
  readonly rows: Map<string, ToldRow | typeof GONE>
  /** By name, as JSON text. */
  readonly states: Map<string, StoredState | typeof GONE>
  /** There is no row but those of the map. */
  allRows: boolean
  /** There is no state but those of the map. */
  allStates: boolean
}

/** A range of hashes: from `from`, below `below`. */
export interface HashRange {
  readonly from: number
  readonly below: number
}

/** One above the highest hash. */
export const HASHES = 2 ** 32

/** What a row in hand takes besides its texts, in bytes. */
const OVERHEAD = 200

/** What a guess leaves free, for keys are not quite evenly spread. */
const ROOM = 0.9

/** Stands for a value that an op does not look at, so that it need not be parsed. */
const UNREAD: FoldedValue = { json: null, notes: undefined }

export class Hand {
  readonly from: number
  #below: number
  readonly #whole: boolean
  readonly #limit: number
  readonly #told = new Map<string, Told>()
  #size = 0

  /** `limit`: about how many bytes may be in hand. `whole`: the log has all of its entries. */
  constructor(range: HashRange, limit: number, whole: boolean) {
    this.from = range.from
    this.#below = range.below
    this.#limit = limit
    this.#whole = whole
  }

  /** The hashes of the keys that are in hand by now. */
  get range(): HashRange {
    return { from: this.from, below: this.#below }
  }

  /** How many times as many keys would have fitted, with some room. */
  get room(): number {
    return (ROOM * this.#limit) / Math.max(1, this.#size)
  }

  holds(key: string): boolean {
    if (this.from === 0 && this.#below === HASHES) return true
    const hash = hashOf(key)
    return hash >= this.from && hash < this.#below
  }

  get(collection: string): Told {
    let told = this.#told.get(collection)
    if (told === undefined) {
      told = { rows: new Map(), states: new Map(), allRows: this.#whole, allStates: this.#whole }
      this.#told.set(collection, told)
    }
    return told
  }

  collections(): IterableIterator<[string, Told]> {
    return this.#told.entries()
  }

  /** Folds the next op of the log. */
  add(op: StoredOp, seq: number): void {
    switch (op[0]) {
      case 'claim':
      case 'schema':
      case 'redacted':
        return
      case 'truncate':
      case 'reset': {
        const told = this.get(op[1])
        for (const [key, row] of told.rows) this.#size -= sizeOf(key, row)
        told.rows.clear()
        told.allRows = true
        if (op[0] === 'truncate') return
        for (const [name, state] of told.states) this.#size -= sizeOf(name, state)
        told.states.clear()
        told.allStates = true
        return
      }
      case 'state': {
        const name = JSON.stringify(op[2])
        if (!this.holds(name)) return
        const told = this.get(op[1])
        this.#put(told.states, name, stateAfter(op, seq) ?? GONE, told.allStates)
        return
      }
      default: {
        const key = encodeKey(op[2])
        if (!this.holds(key)) return
        const told = this.get(op[1])
        const before = told.rows.get(key) ?? (told.allRows ? GONE : UNTOLD)
        this.#put(told.rows, key, rowAfter(before, op, seq), told.allRows)
      }
    }
  }

  // What is gone from a map that has everything need not be remembered.
  #put<T extends ToldRow | StoredState>(
    map: Map<string, T | typeof GONE>,
    key: string,
    after: T | typeof GONE,
    all: boolean,
  ): void {
    const before = map.get(key)
    if (before !== undefined) this.#size -= sizeOf(key, before)
    if (after === GONE && all) {
      map.delete(key)
      return
    }
    map.set(key, after)
    this.#size += sizeOf(key, after)
    while (this.#size > this.#limit && this.#below - this.from > 1) this.#narrow()
  }

  #narrow(): void {
    this.#below = this.from + Math.ceil((this.#below - this.from) / 2)
    for (const { rows, states } of this.#told.values()) {
      for (const map of [rows, states] as Map<string, ToldRow | StoredState | typeof GONE>[]) {
        for (const [key, held] of map) {
          if (this.holds(key)) continue
          this.#size -= sizeOf(key, held)
          map.delete(key)
        }
      }
    }
  }
}

/** A row of which nothing was told. */
const UNTOLD: ToldRow = {
  value: undefined,
  notes: null,
  metadata: undefined,
  metadataNotes: null,
  seq: undefined,
  certain: false,
}

/** What is told of a row behind an op; `foldRow` says what the op does. */
function rowAfter(before: ToldRow | typeof GONE, op: RowOp, seq: number): ToldRow | typeof GONE {
  if (before === GONE) {
    const row = foldRow(undefined, op, seq)
    if (row === undefined) return GONE
    const { value, notes, metadata, metadata_notes } = storedRow('', row)
    return { value, notes, metadata, metadataNotes: metadata_notes, seq, certain: true }
  }
  const { value, notes, metadataNotes, certain } = before
  // Where there was no row, a put begins without the metadata that the row would have had.
  const metadata = op[0] === 'put' && !certain && before.metadata !== null ? undefined : before.metadata
  // A change of what is not known is not known either.
  if (op[0] === 'patch' && value === undefined) return { ...before, seq }
  const known =
    op[0] === 'patch'
      ? foldedRow({ key: '', value: value as string, notes, metadata: null, metadata_notes: null, seq }).value
      : UNREAD
  const row = foldRow({ value: known, metadata: KEEP, seq: before.seq ?? 0 }, op, seq)
  if (row === undefined) return GONE
  const stored = storedRow('', row)
  const keepsValue = row.value === UNREAD
  const keepsMetadata = row.metadata === KEEP
  return {
    value: keepsValue ? value : stored.value,
    notes: keepsValue ? notes : stored.notes,
    metadata: keepsMetadata ? metadata : stored.metadata,
    metadataNotes: keepsMetadata ? metadataNotes : stored.metadata_notes,
    seq: row.seq === 0 ? before.seq : row.seq,
    certain: certain || op[0] === 'put',
  }
}

function sizeOf(key: string, held: ToldRow | StoredState | typeof GONE): number {
  if (held === GONE) return OVERHEAD + key.length
  const own = OVERHEAD + key.length + (held.value?.length ?? 0) + (held.notes?.length ?? 0)
  return 'metadata' in held ? own + (held.metadata?.length ?? 0) + (held.metadataNotes?.length ?? 0) : own
}

/** 32 bits for a text, spread evenly: FNV-1a over its code units, and the finish of MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
