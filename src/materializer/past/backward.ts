/**
 * Reasoning backward: what the posted rows say of an earlier position, given what the entries between did.
 *
 * A row whose last entry is not after the position was then what it is now. Patches change the fields that they name
 * and no other one. Only a put, a delete, a truncate or a reset decides whether there is a row.
 */

import type { Entry } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import { encodeKey } from '../../values/key.js'
import type { Json, Note } from '../../values/value.js'
import { type FoldedRow, type FoldedValue, KEEP } from '../fold.js'
import type { StoredState } from '../state.js'
import type { Interest } from './interest.js'
import { ABSENT, type Knowledge, type KnownRow, known } from './known-row.js'

/** The seqs of the last entries that did something to a row; 0 for none. */
interface LaterRow {
  put: number
  deleted: number
  meta: number
  readonly patched: Map<string, number>
}

interface LaterCollection {
  readonly rows: Map<string, LaterRow>
  readonly state: Map<string, number>
  cleared: number
  reset: number
}

/** What entries do that come behind a position: add them in order, at best through the cursor. */
export class Backward {
  readonly #interest: Interest
  /** The seq through which the rows are posted. */
  readonly #cursor: number
  readonly #collections = new Map<string, LaterCollection>()
  #readThrough = 0
  #gaps: number[] = []

  constructor(interest: Interest, cursor: number) {
    this.#interest = interest
    this.#cursor = cursor
  }

  /** @throws what {@link Interest.ops} throws */
  add(entry: Entry, isDamaged = false): void {
    this.#readThrough = entry.position.seq
    for (const op of this.#interest.ops(entry, isDamaged)) this.#note(op, entry.position.seq)
  }

  /** An entry is missing, or all through it are. */
  gap(seq: number): void {
    this.#readThrough = seq
    this.#gaps.push(seq)
  }

  /** Whether all that the entries after one seq through another one did is known. */
  #hasRead(after: number, through: number): boolean {
    if (through <= after) return true
    return this.#readThrough >= through && !this.#gaps.some((gap) => gap > after && gap <= through)
  }

  /** Every row of a collection at a position is one that was put by then, is posted, or is named after it. */
  knowsAllKeys(collection: string, at: number): boolean {
    return this.#hasRead(at, this.#cursor) && (this.#collections.get(collection)?.cleared ?? 0) <= at
  }

  /** The same of the names of its metadata. */
  knowsAllNames(collection: string, at: number): boolean {
    return this.#hasRead(at, this.#cursor) && (this.#collections.get(collection)?.reset ?? 0) <= at
  }

  /** The keys that are named. */
  keysOf(collection: string): Iterable<string> {
    return this.#collections.get(collection)?.rows.keys() ?? []
  }

  namesOf(collection: string): Iterable<string> {
    return this.#collections.get(collection)?.state.keys() ?? []
  }

  get collections(): Iterable<string> {
    return this.#collections.keys()
  }

  /** What is known of a row at a position: by the entries through it (`forward`), and by what is posted now. */
  row(
    collection: string,
    key: string,
    at: number,
    forward: Knowledge,
    posted: FoldedRow | undefined,
  ): Knowledge {
    if (posted !== undefined && posted.seq <= at) return known(posted)
    // What came behind the entry that last wrote the row did nothing to it.
    if (forward === ABSENT || !this.#hasRead(at, posted?.seq ?? this.#cursor)) return forward
    const of = this.#collections.get(collection)
    const row = of?.rows.get(key)
    const removed = Math.max(of?.cleared ?? 0, row?.deleted ?? 0)
    const isAsItWas = Math.max(removed, row?.put ?? 0) <= at
    if (posted === undefined) return isAsItWas && !forward.exists ? ABSENT : forward
    if (!forward.exists && !isAsItWas) return forward
    const metadataStayed = removed <= at && (row?.meta ?? 0) <= at
    const metadata = forward.row.metadata === KEEP && metadataStayed ? posted.metadata : forward.row.metadata
    if (forward.whole || !isAsItWas) return { ...forward, row: { ...forward.row, metadata } }
    const changed = [...(row?.patched ?? [])].flatMap(([name, seq]) => (seq > at ? [name] : []))
    const { value, open } = filledUp(forward, posted.value, new Set(changed))
    const { seq } = forward.row
    return { exists: true, whole: open.size === 0, row: { value, metadata, seq }, unset: forward.unset, open }
  }

  /** A value of the collection's metadata at a position; nothing where it is not known. */
  state(
    collection: string,
    name: string,
    at: number,
    forward: StoredState | typeof ABSENT | undefined,
    posted: StoredState | undefined,
  ): StoredState | typeof ABSENT | undefined {
    if (posted !== undefined && posted.seq <= at) return posted
    if (forward !== undefined || !this.#hasRead(at, this.#cursor)) return forward
    const of = this.#collections.get(collection)
    const touched = Math.max(of?.reset ?? 0, of?.state.get(name) ?? 0)
    return posted === undefined && touched <= at ? ABSENT : undefined
  }

  #note(op: StoredOp, seq: number): void {
    if (op[0] === 'claim' || op[0] === 'schema') return
    const of = this.#collections.get(op[1]) ?? { rows: new Map(), state: new Map(), cleared: 0, reset: 0 }
    this.#collections.set(op[1], of)
    // What was blanked may have removed any of them.
    if (op[0] === 'truncate' || op[0] === 'reset' || op[0] === 'redacted') of.cleared = seq
    if (op[0] === 'reset' || op[0] === 'redacted') of.reset = seq
    if (op[0] === 'state') of.state.set(JSON.stringify(op[2]), seq)
    if (op[0] === 'truncate' || op[0] === 'reset' || op[0] === 'redacted' || op[0] === 'state') return
    const key = encodeKey(op[2])
    if (!this.#interest.inRow(op[1], key)) return
    const row = of.rows.get(key) ?? { put: 0, deleted: 0, meta: 0, patched: new Map<string, number>() }
    of.rows.set(key, row)
    if (op[0] === 'put') row.put = seq
    else if (op[0] === 'delete') row.deleted = seq
    else if (op[0] === 'meta') row.meta = seq
    else for (const name of [...Object.keys(op[3] as object), ...(op[5] ?? [])]) row.patched.set(name, seq)
  }
}

/** The fields that are known, and those of the posted row but for the ones that have changed since. */
function filledUp(
  { row, unset }: KnownRow,
  posted: FoldedValue,
  changed: ReadonlySet<string>,
): { readonly value: FoldedValue; readonly open: ReadonlySet<string> } {
  const own = row.value.json as Record<string, Json>
  const isOpen = (name: string): boolean => !Object.hasOwn(own, name) && !unset.has(name)
  const isTaken = (name: string): boolean => !changed.has(name) && isOpen(name)
  // fromEntries and spread: a field named __proto__ stays a field.
  const taken = Object.fromEntries(
    Object.entries(posted.json as Record<string, Json>).filter(([name]) => isTaken(name)),
  )
  const takenNotes = posted.notes?.filter(([, name]) => isTaken(String(name))) ?? []
  const notes: Note[] = [...takenNotes, ...(row.value.notes ?? [])]
  return {
    value: { json: { ...taken, ...own }, notes: notes.length > 0 ? notes : undefined },
    open: new Set([...changed].filter(isOpen)),
  }
}
