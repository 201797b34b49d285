/**
 * What a log means, in plain JavaScript: a Map of rows for each collection. Deliberately another way than
 * `materializer/fold.ts` (values, not JSON and notes), and deliberately naive: it is what the real one is compared with.
 */

import type { Op } from '../log/op.js'
import type { Key } from '../values/key.js'

export type FoldedCollections = Map<string, Map<Key, object>>

/** Applies the ops of one entry, in order. */
export function foldOps(collections: FoldedCollections, ops: readonly Op[]): void {
  for (const op of ops) {
    const rows = collections.get(op.collection) ?? new Map<Key, object>()
    collections.set(op.collection, rows)
    switch (op.op) {
      case 'put':
        rows.set(op.key, op.value)
        break
      case 'patch': {
        const row = rows.get(op.key)
        if (row === undefined) break
        const fields = new Map<string, unknown>(Object.entries(row))
        for (const [name, value] of Object.entries(op.fields)) fields.set(name, value)
        for (const name of op.unset ?? []) fields.delete(name)
        rows.set(op.key, Object.fromEntries(fields))
        break
      }
      case 'delete':
        rows.delete(op.key)
        break
      case 'truncate':
      case 'reset':
        rows.clear()
    }
  }
}
