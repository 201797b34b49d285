/**
 * Redacting a range of entries: the values in their ops are blanked, the rows stay.
 *
 * What the log no longer accounts for is stated anew by an entry behind the record, in the same transaction (M2). A
 * redaction is planned first, page by page, beside everybody else's work; carrying it out looks only at what was
 * appended since.
 */

import type { Program } from '../drivers/program.js'
import { insert, requestFor, tail } from '../log/append.js'
import { type Entry, type Maker, opParts, type Position } from '../log/entry.js'
import { partsOfOps } from '../log/op.js'
import { opsOfPart } from '../log/part-ops.js'
import { checksumAt, floor, PAGE_ENTRIES, page } from '../log/read.js'
import { type Blanked, blank, recordRedaction } from '../log/redaction.js'
import type { StoredOp } from '../log/stored-op.js'
import type { Key } from '../values/key.js'
import { postAll } from './post.js'
import { Undetermined } from './restate.js'

/** Entries from a seq to a seq, both included. */
export interface SeqRange {
  readonly from: number
  readonly to: number
}

/** What is blanked, and what is stated anew. */
export interface RedactionPlan {
  /** The entries in the range that have values, oldest first. */
  readonly entries: readonly {
    readonly seq: number
    /** How many ops of it lose their value. */
    readonly ops: number
    readonly collections: readonly string[]
  }[]
  /** The rows and metadata that have their present content from what is blanked. */
  readonly restated: readonly {
    readonly collection: string
    readonly keys: readonly Key[]
    /** The names of the collection's metadata. */
    readonly states: readonly string[]
  }[]
}

/** A redaction that was carried out. */
export interface Redacted extends RedactionPlan {
  /** The record in the log; nothing where nothing had to be blanked. */
  readonly record: Position | undefined
}

/** Whether an op has a value of the app's. */
export const hasValue = (op: StoredOp): boolean =>
  op[0] === 'put' || op[0] === 'patch' || ((op[0] === 'meta' || op[0] === 'state') && op[3] !== undefined)

export class Redaction {
  readonly #range: SeqRange
  readonly #entries: RedactionPlan['entries'][number][] = []
  readonly #undetermined = new Undetermined()
  #through: number

  constructor(range: SeqRange) {
    this.#range = range
    this.#through = range.from - 1
  }

  /** Looks at the next page of the log; answers whether there is another one. */
  *look(): Program<boolean> {
    // What is below the floor is gone already.
    this.#through = Math.max(this.#through, (yield* floor()).seq - 1)
    const entries = yield* page(this.#through, PAGE_ENTRIES, yield* checksumAt(this.#through))
    for (const entry of entries) this.#add(entry)
    return entries.length > 0
  }

  /** What there is to do, as of the head; in a transaction in which everything is posted. */
  *plan(): Program<RedactionPlan> {
    while (yield* this.look());
    return { entries: this.#entries, restated: byCollection(yield* this.#undetermined.restating()) }
  }

  /** Does it; answers with the entries that say so as well. Run it in a write transaction. */
  *carryOut(maker: Maker): Program<{ redacted: Redacted; appended: Entry[] }> {
    yield* postAll()
    while (yield* this.look());
    const restating = yield* this.#undetermined.restating()
    const blanked: Blanked[] = []
    for (const { seq } of this.#entries) blanked.push(...(yield* blank(seq, hasValue)))
    const plan = { entries: this.#entries, restated: byCollection(restating) }
    if (blanked.length === 0) return { redacted: { ...plan, record: undefined }, appended: [] }
    const appended = [yield* recordRedaction(maker, blanked)]
    if (restating.length > 0) appended.push(yield* appendOps(maker, restating))
    // Rows say which entry wrote them: now the one that states them anew.
    yield* postAll()
    return { redacted: { ...plan, record: appended[0]?.position }, appended }
  }

  #add(entry: Entry): void {
    const { seq } = entry.position
    this.#through = seq
    const inRange = seq >= this.#range.from && seq <= this.#range.to
    const collections = new Set<string>()
    let ops = 0
    for (const part of opParts(entry)) {
      for (const op of opsOfPart(part, seq)) {
        const goes = inRange && hasValue(op)
        this.#undetermined.add(op, goes)
        if (!goes) continue
        ops++
        collections.add(op[1])
      }
    }
    if (ops > 0) this.#entries.push({ seq, ops, collections: [...collections] })
  }
}

/** Appends ops of the log's own making as an ordinary transaction. */
export function* appendOps(
  { origin, nextOriginSeq, committedAt }: Maker,
  ops: readonly StoredOp[],
): Program<Entry> {
  const transaction = { origin, originSeq: nextOriginSeq(), parts: partsOfOps(ops) }
  return yield* insert(requestFor(transaction, committedAt), yield* tail())
}

function byCollection(ops: readonly StoredOp[]): RedactionPlan['restated'] {
  const found = new Map<string, { keys: Set<Key>; states: string[] }>()
  for (const op of ops) {
    const of = found.get(op[1]) ?? { keys: new Set(), states: [] }
    found.set(op[1], of)
    if (op[0] === 'state') of.states.push(op[2])
    else if (op[0] === 'put' || op[0] === 'meta') of.keys.add(op[2])
  }
  return [...found].map(([collection, { keys, states }]) => ({ collection, keys: [...keys], states }))
}
