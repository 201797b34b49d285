/**
 * A copy of a log's beginning in a database of its own: the same entries with the same checksums, so that the chain of the
 * copy verifies and both logs agree on every position that they share.
 */

import { type Program, run } from '../drivers/program.js'
import { insertEntry } from './append.js'
import type { Entry } from './entry.js'
import { insertPart } from './parts.js'
import { type FileFacts, startCursor, writeMeta } from './schema.js'
import { LOG_SCHEMA } from './tables.js'

/** Creates the tables with `further` ones in an empty database, and no entry. Run it in a write transaction. */
export function* createCopy(facts: FileFacts, further: readonly string[]): Program<void> {
  for (const sql of [...LOG_SCHEMA, ...further]) yield* run({ sql })
  yield* run(writeMeta, 'format', String(facts.format))
  yield* run(writeMeta, 'id', facts.id)
  yield* run(startCursor)
}

/** Puts entries behind the last one, exactly as they are. Run it in a write transaction. */
export function* copyEntries(entries: readonly Entry[]): Program<void> {
  for (const { position, kind, origin, originSeq, committedAt, format, parts, checksum } of entries) {
    const { seq, term } = position
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    const [first = '', ...further] = parts
    yield* run(
      insertEntry,
      ...([
        seq,
        term,
        kind,
        origin,
        originSeq,
        committedAt,
        format,
        parts.length,
        size,
        first,
        checksum,
      ] as const),
    )
    for (const [index, part] of further.entries()) yield* run(insertPart, seq, index + 1, part)
  }
}
