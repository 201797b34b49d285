/** Writing ops that no collection object made: `daybook.write()` and the like. They say what is so, whatever was before. */

import { InvalidTransactionError, type Position } from '../../errors.js'
import type { Op } from '../../log/op.js'
import type { Internals } from './internals.js'
import type { RowId } from './write-order.js'

/** @throws InvalidTransactionError, and what the log refuses */
export async function writeOps(
  { writer, codec, journal, pending }: Internals,
  ops: readonly Op[],
): Promise<Position> {
  if (!Array.isArray(ops)) throw new InvalidTransactionError('it is not an array of ops')
  pending.check()
  if (ops.length === 0) return journal.head()
  const parts = codec.encodeOps(ops)
  return writer.write({
    what: 'a transaction of write()',
    rows: ops.flatMap((op): RowId[] => ('key' in op ? [{ collection: op.collection, key: op.key }] : [])),
    collections: new Set(ops.map(({ collection }) => collection)),
    buildsOnEarlier: false,
    prepare: () => ({ parts, requires: [] }),
  })
}
