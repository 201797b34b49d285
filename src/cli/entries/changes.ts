/** What an entry does, in short: how many ops of which kind on which collection. */

import { type Entry, opParts } from '../../log/entry.js'
import { parseOps } from '../../log/op.js'
import type { StoredOp } from '../../log/stored-op.js'

export type OpName = StoredOp[0]

/** Ops of one collection in one entry, counted by name. */
export interface Changes {
  readonly collection: string
  readonly ops: Readonly<Partial<Record<OpName, number>>>
}

/** The ops of an entry, as they are stored; without what of a damaged body is none. */
export function opsOf(entry: Entry): readonly StoredOp[] {
  try {
    return opParts(entry).flatMap(parseOps).filter(hasNames)
  } catch {
    return []
  }
}

const hasNames = (op: unknown): boolean =>
  Array.isArray(op) && op.slice(0, 2).every((name) => typeof name === 'string')

/** By collection, in the order in which the entry touches them. */
export function changesOf(entry: Entry): Changes[] {
  const found = new Map<string, Partial<Record<OpName, number>>>()
  for (const [name, collection] of opsOf(entry)) {
    const ops = found.get(collection) ?? {}
    found.set(collection, ops)
    ops[name] = (ops[name] ?? 0) + 1
  }
  return Array.from(found, ([collection, ops]) => ({ collection, ops }))
}

/** The size of an entry's body in UTF-8. */
export const bytesOf = (entry: Entry): number =>
  entry.parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0)

/** What the ops are called in a line: rows that are put, changed and deleted as `+3 ~1 -2`. */
export function shortChanges({ collection, ops }: Changes): string {
  const words = [
    ops.truncate && 'truncate',
    ops.reset && 'reset',
    ops.schema && 'schema',
    ops.put && `+${ops.put}`,
    ops.patch && `~${ops.patch}`,
    ops.delete && `-${ops.delete}`,
    ops.meta && `${ops.meta} meta`,
    ops.state && `${ops.state} state`,
    ops.redacted && 'redacted',
  ].filter(Boolean)
  return [collection, ...words].join(' ')
}
