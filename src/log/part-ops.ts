/** The ops of an entry that has been read, for whoever has to tell damage from what was written. */

import { CorruptLogError } from '../errors.js'
import { parseOps } from './op.js'
import type { StoredOp } from './stored-op.js'

/**
 * The ops of a part of the entry at `seq`.
 *
 * @throws CorruptLogError when it is no list of ops: a checksum that fits does not say who made it
 */
export function opsOfPart(part: string, seq: number): readonly StoredOp[] {
  let ops: unknown
  try {
    ops = parseOps(part)
  } catch {
    throw new CorruptLogError(seq, 'its body is no JSON')
  }
  if (!Array.isArray(ops) || !ops.every(Array.isArray))
    throw new CorruptLogError(seq, 'its body is no list of ops')
  return ops as unknown as StoredOp[]
}
