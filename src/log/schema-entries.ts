/** The schema versions that the log has seen: found by the partial index, without a look at plain transactions. */

import { all, type Program } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import type { Position } from './entry.js'
import { opsOfPart } from './part-ops.js'
import { checkBehind } from './read.js'
import { log } from './tables.js'

const schemaEntries = statement<[after: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'term', 'body'])
    .where('kind', '=', literal('schema'))
    // Says the same again in the words of the partial index, so that SQLite uses it.
    .where('kind', '<>', literal('tx'))
    .where('seq', '>', parameter<number>())
    .orderBy('seq')
    .limit(literal(100)),
)

/** The rows of a collection have another version from this entry on. */
export interface VersionSeen {
  readonly collection: string
  readonly from: number
  readonly to: number
  readonly position: Position
}

/**
 * In the order of the log; what an entry says that is no list of ops is left out.
 *
 * @throws CorruptLogError when the table does not have its entries in order
 */
export function* versionsSeen(): Program<VersionSeen[]> {
  const seen: VersionSeen[] = []
  let after = 0
  for (;;) {
    const entries = yield* all(schemaEntries, after)
    for (const { seq, term, body } of entries) {
      checkBehind(seq, after)
      after = seq
      for (const op of opsOf(body, seq)) {
        if (op[0] === 'schema')
          seen.push({ collection: op[1], from: op[2], to: op[3], position: { term, seq } })
      }
    }
    if (entries.length === 0) return seen
  }
}

function opsOf(body: string, seq: number): ReturnType<typeof opsOfPart> {
  try {
    return opsOfPart(body, seq)
  } catch {
    return []
  }
}
