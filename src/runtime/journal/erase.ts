/** Leaving no byte of what is gone: in the file, and in its -wal. */

import type { SqlRow } from '../../drivers/statement.js'
import { BusyError } from '../../errors.js'

/** Whatever runs one statement outside of any transaction. */
interface Executing {
  execute(sql: string): Promise<readonly SqlRow[]>
}

/**
 * Makes the file anew from what is in it, so that nothing is left of what was deleted or overwritten, however long ago:
 * in free pages, beside the rows of a page, or in the -wal. Appends wait meanwhile.
 *
 * @throws BusyError when another connection keeps SQLite from emptying the -wal
 */
export async function erase(database: Executing): Promise<void> {
  await deleteSecurely(database)
  await database.execute('VACUUM')
  await truncateWal(database)
}

/** From now on SQLite overwrites what it frees. */
export async function deleteSecurely(database: Executing): Promise<void> {
  await database.execute('PRAGMA secure_delete = ON')
}

/** @throws BusyError when another connection keeps SQLite from emptying the -wal */
export async function truncateWal(database: Executing): Promise<void> {
  const [row] = await database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
  if (Number(row?.busy ?? 0) === 0) return
  throw new BusyError(
    'What was to go is gone from the log and the rows, but still in the -wal of the file: another connection reads ' +
      'from it for longer than busyTimeout. Do it again when that has ended.',
  )
}
