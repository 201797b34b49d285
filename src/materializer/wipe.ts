/**
 * Taking all of daybook out of a database, in one transaction, whatever is there: also a log of a newer format, or one in which
 * pages are damaged. What else is in the database stays.
 */

import { all, first, type Program, step } from '../drivers/program.js'
import { literal, queryBuilder, statement } from '../drivers/query.js'
import { CorruptFileError, NewerFormatError, NotADatabaseError, SqliteError } from '../errors.js'
import { hasLog } from '../log/identity.js'
import { findLog, findTable } from '../log/schema.js'
import { log } from '../log/tables.js'
import { listCollections } from './registry.js'

const TABLES = [
  'daybook_meta',
  'daybook_log',
  'daybook_log_parts',
  'daybook_origins',
  'daybook_controls',
  'daybook_cursor',
  'daybook_notices',
  'daybook_collections',
  'daybook_state',
  'daybook_indexes',
]

const listTables = statement<[]>()(
  queryBuilder<{ sqlite_master: { name: string; type: string } }>()
    .selectFrom('sqlite_master')
    .select('name')
    .where('type', '=', literal('table')),
)

const readId = statement<[]>()(
  log.selectFrom('daybook_meta').select('value').where('name', '=', literal('id')),
)

export type Wiped =
  /** Nothing of daybook is left; `others`: tables that are not daybook's. */
  | { readonly others: number; readonly damaged: boolean }
  /** The log is another one than the one that was meant; nothing was done. */
  | 'another'

/**
 * Drops all tables of daybook, if the log is the one of this id; without an id, whatever log there is.
 *
 * @throws NotADatabaseError when what looks like daybook's is not
 */
export function* wipe(id: string | undefined): Program<Wiped> {
  const isNewer = yield* hasNewerFormat()
  const now = yield* idOf()
  if (id !== undefined && now !== undefined && now !== id) return 'another'
  const names = (yield* all(listTables)).map(({ name }) => name).filter((name) => !name.startsWith('sqlite_'))
  const ours = yield* tablesOf(names, isNewer)
  let damaged = false
  for (const name of ours) if (!(yield* drop(name))) damaged = true
  return { others: names.length - ours.length, damaged }
}

/** Whether there is no log, so that nobody has begun another one since. */
export function* isWiped(): Program<boolean> {
  return (yield* first(findTable, 'daybook_meta')) === undefined
}

function* hasNewerFormat(): Program<boolean> {
  try {
    yield* findLog()
    return false
  } catch (error) {
    if (error instanceof NewerFormatError) return true
    // What the file says of itself is damaged.
    if (error instanceof NotADatabaseError && (yield* hasLog())) return false
    throw error
  }
}

function* idOf(): Program<string | undefined> {
  if (yield* isWiped()) return undefined
  return (yield* first(readId))?.value ?? ''
}

function* tablesOf(names: readonly string[], isNewer: boolean): Program<readonly string[]> {
  if (isNewer) return names.filter((name) => name.startsWith('daybook_') || name.startsWith('rows_'))
  const known = new Set(TABLES)
  if (names.includes('daybook_collections')) {
    try {
      for (const { rowTable } of yield* listCollections()) known.add(rowTable)
    } catch (error) {
      // Which tables have rows cannot be read any more.
      if (!isOfDamage(error)) throw error
      for (const name of names) if (name.startsWith('rows_')) known.add(name)
    }
  }
  return names.filter((name) => known.has(name))
}

/** Answers whether it could: of a table with damaged pages SQLite cannot tell which pages are its. */
function* drop(name: string): Program<boolean> {
  try {
    yield step({ sql: `DROP TABLE "${name.replaceAll('"', '""')}"` })
    return true
  } catch (error) {
    if (!isOfDamage(error)) throw error
  }
  if (name === 'daybook_log') yield step({ sql: REFUSE_ALL })
  return false
}

/** Whoever still has the file open does not append to a log that could not be dropped. */
const REFUSE_ALL = `CREATE TRIGGER daybook_log_destroyed BEFORE INSERT ON daybook_log
  BEGIN SELECT RAISE(ABORT, 'daybook: it was destroyed'); END`

const isOfDamage = (error: unknown): boolean =>
  error instanceof CorruptFileError || error instanceof SqliteError
