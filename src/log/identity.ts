/** What a database says of itself, as far as damage can be told from it. */

import { first, type Program } from '../drivers/program.js'
import { findTable } from './schema.js'

/** An id as `randomId` of the runtime makes it. */
export const isId = (id: unknown): id is string => typeof id === 'string' && /^[\w-]{16}$/.test(id)

/** Whether the log's own table is there, whatever the database says of itself. */
export function* hasLog(): Program<boolean> {
  return (yield* first(findTable, 'daybook_log')) !== undefined
}
