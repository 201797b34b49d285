/**
 * The trigger that refuses every removal of entries but a trim (L4): below a checkpoint, through the cursor at most,
 * oldest first.
 *
 * It runs for each entry that is trimmed. Files that were made before it said `kind <> 'tx'` have one for which SQLite
 * does not use the partial index on control entries, and walks from that entry to the checkpoint: a trim of n entries
 * cost n² steps (measured: 1,000 of 1,000,000 took minutes). The first trim of such a file puts the new one in its place.
 */

import { first, type Program, run } from '../drivers/program.js'
import { literal, queryBuilder, statement } from '../drivers/query.js'

const NAME = 'daybook_log_trim'

const triggerWhere = (checkpoint: string): string =>
  `CREATE TRIGGER ${NAME} BEFORE DELETE ON daybook_log
   WHEN OLD.seq <> (SELECT seq FROM daybook_log ORDER BY seq LIMIT 1)
     OR OLD.seq > (SELECT seq FROM daybook_cursor)
     OR NOT EXISTS (SELECT 1 FROM daybook_log WHERE ${checkpoint} AND seq > OLD.seq)
   BEGIN SELECT RAISE(ABORT, 'daybook: only a trim below a checkpoint removes entries, oldest first'); END`

export const TRIM_TRIGGER = triggerWhere(`kind = 'checkpoint' AND kind <> 'tx'`)

/** What it was; it refuses the same. */
export const EARLIER_TRIM_TRIGGER = triggerWhere(`kind = 'checkpoint'`)

const findTrigger = statement<[]>()(
  queryBuilder<{ sqlite_master: { name: string; sql: string } }>()
    .selectFrom('sqlite_master')
    .select('sql')
    .where('name', '=', literal(NAME)),
)

/** Replaces the earlier trigger, in the write transaction that trims. */
export function* renewTrimTrigger(): Program<void> {
  if ((yield* first(findTrigger))?.sql !== EARLIER_TRIM_TRIGGER) return
  yield* run({ sql: `DROP TRIGGER ${NAME}` })
  yield* run({ sql: TRIM_TRIGGER })
}
