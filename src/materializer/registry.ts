/**
 * Which row table belongs to which collection.
 *
 * A table is registered when the log first mentions its collection, in log order, so a rebuild gives the same names.
 * The name is a readable slug made unique by the registry: two ids can never share a table, whatever their slugs are.
 */

import { all, first, type Program, run } from '../drivers/program.js'
import { parameter, queryBuilder, statement } from '../drivers/query.js'
import { parseStored } from '../values/stored-json.js'
import { createIndexes } from './indexes.js'
import { dropState } from './state.js'
import { materialized, rowTable } from './tables.js'

const find = statement<[id: string]>()(
  materialized.selectFrom('daybook_collections').select('row_table').where('id', '=', parameter<string>()),
)

const findByTable = statement<[rowTable: string]>()(
  materialized.selectFrom('daybook_collections').select('id').where('row_table', '=', parameter<string>()),
)

const list = statement<[]>()(
  materialized.selectFrom('daybook_collections').select(['id', 'row_table']).orderBy('id'),
)

const register = statement<[id: string, rowTable: string]>()(
  materialized
    .insertInto('daybook_collections')
    .values({ id: parameter<string>(), row_table: parameter<string>() }),
)

const unregister = statement<[id: string]>()(
  materialized.deleteFrom('daybook_collections').where('id', '=', parameter<string>()),
)

/** A collection that the log has mentioned. */
export interface Registered {
  readonly collection: string
  /** The table to query: `SELECT value ->> '$.title' FROM rows_todos`. */
  readonly rowTable: string
}

/** The row table of a collection, if the log has mentioned the collection. */
export function* findRowTable(collection: string): Program<string | undefined> {
  return (yield* first(find, JSON.stringify(collection)))?.row_table
}

/** All collections, by id. */
export function* listCollections(): Program<Registered[]> {
  return (yield* all(list)).map((row) => ({
    collection: parseStored<string>(row.id),
    rowTable: row.row_table,
  }))
}

/** The row table of a collection, created where it is missing. */
export function* ensureRowTable(collection: string): Program<string> {
  const known = yield* findRowTable(collection)
  if (known !== undefined) return known
  const name = yield* freeName(slug(collection))
  yield* run(rowTable(name).create)
  yield* createIndexes(collection, name)
  yield* run(register, JSON.stringify(collection), name)
  return name
}

/** Forgets a collection: its rows, its state, its registration. */
export function* dropCollection(collection: string): Program<void> {
  const known = yield* findRowTable(collection)
  if (known !== undefined) yield* run(rowTable(known).drop)
  yield* dropState(collection)
  yield* run(unregister, JSON.stringify(collection))
}

/** How much of an id goes into the name of its table. */
const SLUG_LENGTH = 40

/** What a person would call the table: letters, digits and underscores of the id. */
const slug = (collection: string): string =>
  collection
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .slice(0, SLUG_LENGTH)
    .toLowerCase()
    .replace(/^_+|_+$/g, '') || 'collection'

const findTable = statement<[name: string]>()(
  queryBuilder<{ sqlite_master: { name: string } }>()
    .selectFrom('sqlite_master')
    .select('name')
    // SQLite's names differ by more than case, ours are lower-case.
    .where((e) => e.fn<string>('lower', ['name']), '=', parameter<string>()),
)

/** Whether a registry that works may have given this name to a collection's table. */
export function isTableNameOf(name: string, collection: string): boolean {
  const wanted = `rows_${slug(collection)}`
  return (
    name === wanted || (name.startsWith(`${wanted}_`) && /^[1-9]\d*$/.test(name.slice(wanted.length + 1)))
  )
}

// The app may have a table of that name in the same database; it is the app's.
function* freeName(wanted: string): Program<string> {
  for (let number = 1; ; number++) {
    const name = number === 1 ? `rows_${wanted}` : `rows_${wanted}_${number}`
    if ((yield* first(findByTable, name)) !== undefined) continue
    if ((yield* first(findTable, name)) === undefined) return name
  }
}
