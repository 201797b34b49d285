/**
 * Indexes of row tables: for a property, an index on its column (subset/column.ts) and the key.
 *
 * Which properties have one is remembered here and not in the log: an index never changes an answer. A row table that is
 * made anew gets its indexes again.
 */

import { sql } from 'kysely'
import { all, type Program, run, type Step } from '../drivers/program.js'
import { parameter, statement, stepOf } from '../drivers/query.js'
import { parseStored } from '../values/stored-json.js'
import { columnOf } from './subset/column.js'
import { materialized } from './tables.js'

const declared = statement<[collection: string]>()(
  materialized
    .selectFrom('daybook_indexes')
    .select(['path', 'name'])
    .where('collection', '=', parameter<string>())
    .orderBy('path'),
)

const declare = statement<[collection: string, path: string, name: string]>()(
  materialized
    .insertInto('daybook_indexes')
    .values({ collection: parameter<string>(), path: parameter<string>(), name: parameter<string>() })
    .onConflict((conflict) => conflict.doNothing()),
)

const undeclare = statement<[collection: string, path: string]>()(
  materialized
    .deleteFrom('daybook_indexes')
    .where('collection', '=', parameter<string>())
    .where('path', '=', parameter<string>()),
)

/** The fields that lead to an indexed property. */
export type IndexPath = readonly string[]

/** The properties of a collection that have an index. */
export function* indexesOf(collection: string): Program<IndexPath[]> {
  return (yield* all(declared, JSON.stringify(collection))).map(({ path }) => parseStored<string[]>(path))
}

/** Which of these changes would change anything. */
export function* missingChanges(
  collection: string,
  { add, remove }: IndexChanges,
): Program<Required<IndexChanges>> {
  const present = new Set((yield* indexesOf(collection)).map((path) => JSON.stringify(path)))
  return {
    add: (add ?? []).filter((path) => columnOf(path) !== undefined && !present.has(JSON.stringify(path))),
    remove: (remove ?? []).filter((path) => present.has(JSON.stringify(path))),
  }
}

export interface IndexChanges {
  readonly add?: readonly IndexPath[]
  readonly remove?: readonly IndexPath[]
}

/** Creates and drops indexes. Properties that SQL cannot reach get none; queries on them are filtered in JavaScript. */
export function* changeIndexes(
  collection: string,
  table: string | undefined,
  changes: IndexChanges,
): Program<void> {
  const id = JSON.stringify(collection)
  const { add, remove } = yield* missingChanges(collection, changes)
  for (const path of remove) {
    const found = (yield* all(declared, id)).find((each) => each.path === JSON.stringify(path))
    if (found !== undefined) yield stepOf(sql`DROP INDEX IF EXISTS ${sql.id(found.name)}`)
    yield* run(undeclare, id, JSON.stringify(path))
  }
  for (const path of add) {
    const name = yield* freeName(collection, path)
    yield* run(declare, id, JSON.stringify(path), name)
    if (table !== undefined) yield* create(table, path, name)
  }
}

/** Makes the indexes of a row table that was made just now. */
export function* createIndexes(collection: string, table: string): Program<void> {
  for (const { path, name } of yield* all(declared, JSON.stringify(collection))) {
    yield* create(table, parseStored<string[]>(path), name)
  }
}

function* create(table: string, path: IndexPath, name: string): Program<void> {
  yield indexStatement(table, path, name) as Step
}

/** What creates an index; nothing for a property that SQL cannot reach. */
export function indexStatement(table: string, path: IndexPath, name: string): Step | undefined {
  const column = columnOf(path)
  return column && stepOf(sql`CREATE INDEX ${sql.id(name)} ON ${sql.id(table)} (${column}, key)`)
}

const named = statement<[name: string]>()(
  materialized.selectFrom('daybook_indexes').select('name').where('name', '=', parameter<string>()),
)

const NAME_LENGTH = 40

function* freeName(collection: string, path: IndexPath): Program<string> {
  const slug = [collection, ...path]
    .join('_')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .slice(0, NAME_LENGTH)
    .toLowerCase()
  for (let number = 1; ; number++) {
    const name = `daybook_index_${slug}_${number}`
    if ((yield* all(named, name)).length === 0) return name
  }
}
