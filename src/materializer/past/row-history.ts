/** What happened to some rows of one collection: each entry that touched them, with the rows before and after it. */

import type { Entry } from '../../log/entry.js'
import { floor } from '../../log/read.js'
import { type Inspect, scanLog } from '../../log/scan.js'
import type { StoredOp } from '../../log/stored-op.js'
import { tail } from '../../log/tail.js'
import { encodeKey, type Key } from '../../values/key.js'
import { Backward } from './backward.js'
import type { RowChange } from './changes.js'
import { Forward } from './forward.js'
import { Interest } from './interest.js'
import { ABSENT, type Knowledge } from './known-row.js'
import { type PastOptions, readInto } from './past.js'
import { postedRows } from './posted.js'

export interface Touch {
  readonly entry: Entry
  /** What is wrong with the entry. */
  readonly damage: string | undefined
  /** What it does to the row, in order. */
  readonly ops: readonly StoredOp[]
  readonly change: RowChange
}

/** In log order; an entry that touches several of the rows comes once for each. */
export async function* rowHistory(
  inspect: Inspect,
  collection: string,
  keys: ReadonlySet<string>,
  options: Pick<PastOptions, 'onDamage' | 'onProgress'> = {},
): AsyncGenerator<Touch> {
  const interest = new Interest(new Map([[collection, keys]]))
  const oldest = (await inspect(floor)).seq
  const posted = await inspect(() => postedRows(interest))
  const backward = new Backward(interest, posted.cursor)
  // Of a whole log the entries themselves say all.
  if (oldest > 1) await readInto(backward, inspect, oldest - 1, posted.cursor, {})
  const forward = new Forward(interest, oldest === 1)
  const rows = posted.collections.get(collection)?.rows
  const knownAt = (seq: number, key: string): Knowledge => {
    const told = forward.row(collection, key)
    return oldest === 1 ? told : backward.row(collection, key, seq, told, rows?.get(key))
  }
  const from = oldest - 1
  const through = (await inspect(tail)).seq
  for await (const scanned of scanLog(inspect, from, through)) {
    const { seq, entry, damage } = scanned
    options.onProgress?.(seq - from, through - from)
    if (damage !== undefined) options.onDamage?.(scanned)
    const ops = opsOf(entry, interest, damage !== undefined)
    // Nobody knows what it did.
    if (ops === undefined || entry === undefined) forward.gap()
    if (ops === undefined || entry === undefined || ops.length === 0) continue
    const touched = [...keys].flatMap((key) => {
      const own = ops.filter((op) => touches(op, key))
      return own.length > 0 ? [{ key, own, before: knownAt(seq - 1, key) }] : []
    })
    for (const op of ops) forward.apply(op, seq)
    for (const { key, own, before } of touched) {
      const after = knownAt(seq, key)
      // What is done to a whole collection concerns only rows that may be there.
      if (before === ABSENT && after === ABSENT && !own.some(namesKey)) continue
      yield { entry, damage, ops: own, change: { collection, key, before, after } }
    }
  }
}

function opsOf(
  entry: Entry | undefined,
  interest: Interest,
  isDamaged: boolean,
): readonly StoredOp[] | undefined {
  try {
    return entry && interest.ops(entry, isDamaged)
  } catch {
    return undefined
  }
}

const touches = (op: StoredOp, key: string): boolean =>
  op[0] === 'truncate' || op[0] === 'reset' || (namesKey(op) && encodeKey(op[2] as Key) === key)

const namesKey = ([name]: StoredOp): boolean =>
  name === 'put' || name === 'patch' || name === 'delete' || name === 'meta'
