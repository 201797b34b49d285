/**
 * Whether a database still has the log that was opened: `destroy()` drops the log, and what is opened next in the same file is
 * another one. A context that had the old one open must not go on in the new one, with what it remembers.
 */

import { first, type Program } from '../drivers/program.js'
import { literal, statement } from '../drivers/query.js'
import { DestroyedError, SqliteError } from '../errors.js'
import { findTable } from './schema.js'
import { log } from './tables.js'

const readId = statement<[]>()(
  log.selectFrom('daybook_meta').select('value').where('name', '=', literal('id')),
)

/** @throws DestroyedError when the log of this id is no longer there */
export function* checkIsStill(id: string): Program<void> {
  let found: { readonly value: string } | undefined
  try {
    found = yield* first(readId)
  } catch (error) {
    // Asked only then: it is the price of every transaction.
    const isGone = error instanceof SqliteError && (yield* first(findTable, 'daybook_meta')) === undefined
    throw isGone ? new DestroyedError() : error
  }
  if ((found?.value ?? '') !== id) throw new DestroyedError()
}
