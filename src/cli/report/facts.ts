/** What the timeline says of an entry: a short tuple, whose collections and origins are numbers. */

import type { Entry } from '../../log/entry.js'
import type { Scanned } from '../../log/scan.js'
import { isStoredOp, type StoredOp } from '../../log/stored-op.js'
import { bytesOf, opsOf } from '../entries/changes.js'
import type { ChangeCounts, EntryFacts } from './model.js'

/** Texts that are named by their number. */
export class Names {
  readonly list: string[] = []
  readonly #numbers = new Map<string, number>()

  numberOf(name: string): number {
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#numbers.set(name, this.list.length)
    return this.list.push(name) - 1
  }
}

/** The ops that can be understood: a file may hold anything. */
export const readableOps = (entry: Entry): readonly StoredOp[] => opsOf(entry).filter(isStoredOp)

export function factsOf(
  scanned: Scanned,
  ops: readonly StoredOp[],
  collections: Names,
  origins: Names,
): EntryFacts {
  const { entry, damage } = scanned
  if (entry === undefined) {
    const places = scanned.through > scanned.seq ? `${scanned.seq} to ${scanned.through}: ` : ''
    return [scanned.seq, 0, 'damaged', -1, 0, 0, 0, [], places + scanned.damage]
  }
  const facts = [
    entry.position.seq,
    entry.position.term,
    entry.kind,
    origins.numberOf(entry.origin),
    entry.originSeq,
    entry.committedAt,
    bytesOf(entry),
    countsOf(ops, collections),
  ] as const
  return damage === undefined ? facts : [...facts, damage]
}

/** Where a count stands in the tuple. */
const PLACES: Readonly<Partial<Record<StoredOp[0], 1 | 2 | 3>>> = { put: 1, patch: 2, delete: 3 }

function countsOf(ops: readonly StoredOp[], collections: Names): ChangeCounts[] {
  const found = new Map<string, [number, number, number, number, number]>()
  for (const [name, collection] of ops) {
    const counts = found.get(collection) ?? [collections.numberOf(collection), 0, 0, 0, 0]
    found.set(collection, counts)
    counts[PLACES[name] ?? 4]++
  }
  return [...found.values()]
}
