/**
 * Looking back from a position for the entries that decide what some rows were: a put, a delete, a truncate or a reset
 * says all of a row, so that whatever came before need not be read.
 */

import { floor } from '../../log/read.js'
import { type Inspect, scanLogBackwards } from '../../log/scan.js'
import { encodeKey } from '../../values/key.js'
import { Interest, type Wanted } from './interest.js'

/**
 * The seq behind which entries through `at` decide all rows that are asked about; where that would be more than `limit`
 * entries, `at - limit`.
 */
export async function decidedBehind(
  inspect: Inspect,
  at: number,
  wanted: Wanted,
  limit = Number.POSITIVE_INFINITY,
): Promise<number> {
  const beginning = Math.max((await inspect(floor)).seq - 1, at - limit)
  const interest = new Interest(wanted)
  const open = new Map([...wanted].map(([id, keys]) => [id, keys === 'all' ? keys : new Set(keys)]))
  for await (const { seq, entry } of scanLogBackwards(inspect, beginning, at)) {
    if (open.size === 0) return seq
    let ops: ReturnType<typeof interest.ops>
    try {
      ops = entry === undefined ? [] : interest.ops(entry)
    } catch {
      // Damage is told by whoever folds.
      continue
    }
    for (const op of ops) {
      const keys = open.get(op[1])
      if (op[0] === 'truncate' || op[0] === 'reset') open.delete(op[1])
      if (keys === undefined || keys === 'all' || (op[0] !== 'put' && op[0] !== 'delete')) continue
      keys.delete(encodeKey(op[2]))
      if (keys.size === 0) open.delete(op[1])
    }
  }
  return beginning
}
