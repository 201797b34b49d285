/** The small tables as they are stored, with nothing taken for granted. */

import { all, type Program } from '../../drivers/program.js'
import { statement } from '../../drivers/query.js'
import { log } from '../../log/tables.js'
import { materialized } from '../tables.js'

const controls = statement<[]>()(log.selectFrom('daybook_controls').selectAll())
const cursors = statement<[]>()(log.selectFrom('daybook_cursor').selectAll())
const meta = statement<[]>()(log.selectFrom('daybook_meta').selectAll())
const registered = statement<[]>()(materialized.selectFrom('daybook_collections').selectAll())
const indexes = statement<[]>()(materialized.selectFrom('daybook_indexes').selectAll())

export const listStoredControls = () => all(controls)
export const listCursors = () => all(cursors)
export const listMeta = () => all(meta)
export const listRegistered = () => all(registered)
export const listDeclaredIndexes = () => all(indexes)

/** One thing of the database's schema. */
export interface SchemaObject {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

/** All tables, indexes and triggers. */
export function* listSchema(): Program<readonly SchemaObject[]> {
  return yield* all<[], SchemaObject>({ sql: 'SELECT type, name, tbl_name, sql FROM sqlite_master' })
}

/** A row table that is registered. */
export interface KnownTable {
  readonly collection: string
  readonly rowTable: string
}

/** The registered row tables that there are; what else the registry has is found elsewhere. */
export function* knownTables(): Program<KnownTable[]> {
  const tables = new Set((yield* listSchema()).filter(({ type }) => type === 'table').map(({ name }) => name))
  const known: KnownTable[] = []
  for (const { id, row_table: rowTable } of yield* listRegistered()) {
    const collection = idOf(id)
    if (collection !== undefined && tables.has(rowTable)) known.push({ collection, rowTable })
  }
  return known
}

/** The id that a column has as JSON text; nothing when it is none. */
export function idOf(text: unknown): string | undefined {
  try {
    const id: unknown = typeof text === 'string' ? JSON.parse(text) : undefined
    return typeof id === 'string' && JSON.stringify(id) === text ? id : undefined
  } catch {
    return undefined
  }
}
