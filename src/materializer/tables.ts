/** The tables that are posted from the log: the registry of collections, their state, and one row table for each. */

import { parameter, queryBuilder, statement } from '../drivers/query.js'
import type { SqlValue, Statement } from '../drivers/statement.js'

export interface MaterializerTables {
  /** The collections that the log has mentioned. `id` is JSON text: any Unicode string survives every binding. */
  daybook_collections: { id: string; row_table: string }
  /** Collection metadata, by name. */
  daybook_state: { collection: string; name: string; value: string; notes: string | null; seq: number }
  /** The properties that have an index, as JSON of the fields that lead to them. */
  daybook_indexes: { collection: string; path: string; name: string }
}

export const materialized = queryBuilder<MaterializerTables>()

export const MATERIALIZER_SCHEMA: readonly string[] = [
  `CREATE TABLE daybook_collections (
    id TEXT PRIMARY KEY,
    row_table TEXT NOT NULL UNIQUE
  )`,
  `CREATE TABLE daybook_state (
    collection TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    notes TEXT,
    seq INTEGER NOT NULL,
    PRIMARY KEY (collection, name)
  )`,
  `CREATE TABLE daybook_indexes (
    collection TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    PRIMARY KEY (collection, path)
  )`,
]

/** One row of a row table, as it is stored. */
export interface StoredRow {
  /** The key as JSON text: `1` and `"1"` stay different in every binding. */
  readonly key: string
  /** The value as JSON text that SQL can query. */
  readonly value: string
  /** What JSON cannot say about the value: a JSON array of notes. */
  readonly notes: string | null
  /** Sync metadata, in the same two columns. */
  readonly metadata: string | null
  readonly metadata_notes: string | null
  /** The entry that last wrote the row. */
  readonly seq: number
}

const COLUMNS = ['key', 'value', 'notes', 'metadata', 'metadata_notes', 'seq'] as const

/** The statements on one row table. */
export interface RowTable {
  readonly create: Statement<[]>
  readonly drop: Statement<[]>
  readonly clear: Statement<[]>
  readonly get: Statement<[key: string], StoredRow>
  readonly all: Statement<[], StoredRow>
  /** A page in key order. */
  readonly after: Statement<[key: string, limit: number], StoredRow>
  readonly count: Statement<[], { count: number }>
  /** A page in the order of the table itself, which needs no index to be sound. */
  readonly scan: Statement<[after: number, limit: number], StoredRow & { readonly at: number }>
  /** The bytes of the values of so many rows. */
  readonly sizes: Statement<[limit: number], { bytes: number | null }>
  /** Replaces the whole row. */
  readonly put: Statement<PutParameters>
  /** Replaces value and seq of a row, and leaves the metadata of an existing one. */
  readonly putValue: Statement<[key: string, value: string, notes: string | null, seq: number]>
  readonly delete: Statement<[key: string]>
}

export type PutParameters = [
  key: string,
  value: string,
  notes: string | null,
  metadata: string | null,
  metadataNotes: string | null,
  seq: number,
]

const rowTables = new Map<string, RowTable>()

/** The statements for a table; the same objects for the same name, so that a connection prepares them once. */
export function rowTable(name: string): RowTable {
  let table = rowTables.get(name)
  if (table === undefined) {
    table = buildRowTable(name)
    rowTables.set(name, table)
  }
  return table
}

function buildRowTable(name: string): RowTable {
  const db = queryBuilder<Record<string, StoredRow>>()
  const quoted = `"${name}"`
  const sql = <P extends readonly SqlValue[], R>(text: string): Statement<P, R> => ({ sql: text })
  const values = {
    key: parameter<string>(),
    value: parameter<string>(),
    notes: parameter<string | null>(),
    metadata: parameter<string | null>(),
    metadata_notes: parameter<string | null>(),
    seq: parameter<number>(),
  }
  return {
    create: sql(`CREATE TABLE ${quoted} (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL,
      notes TEXT,
      metadata TEXT,
      metadata_notes TEXT,
      seq INTEGER NOT NULL
    )`),
    drop: sql(`DROP TABLE IF EXISTS ${quoted}`),
    clear: statement<[]>()(db.deleteFrom(name)),
    get: statement<[key: string]>()(
      db.selectFrom(name).select(COLUMNS).where('key', '=', parameter<string>()),
    ),
    all: statement<[]>()(db.selectFrom(name).select(COLUMNS)),
    after: statement<[key: string, limit: number]>()(
      db
        .selectFrom(name)
        .select(COLUMNS)
        .where('key', '>', parameter<string>())
        .orderBy('key')
        .limit(parameter<number>()),
    ),
    count: statement<[]>()(db.selectFrom(name).select((e) => e.fn.countAll<number>().as('count'))),
    scan: sql(
      `SELECT rowid AS at, ${COLUMNS.join(', ')} FROM ${quoted} WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    ),
    sizes: sql(
      `SELECT sum(octets) AS bytes FROM (SELECT length(CAST(value AS BLOB)) AS octets FROM ${quoted} LIMIT ?)`,
    ),
    put: statement<PutParameters>()(
      db
        .insertInto(name)
        .values(values)
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((e) => ({
            value: e.ref('excluded.value'),
            notes: e.ref('excluded.notes'),
            metadata: e.ref('excluded.metadata'),
            metadata_notes: e.ref('excluded.metadata_notes'),
            seq: e.ref('excluded.seq'),
          })),
        ),
    ),
    putValue: statement<[key: string, value: string, notes: string | null, seq: number]>()(
      db
        .insertInto(name)
        .values({ key: values.key, value: values.value, notes: values.notes, seq: values.seq } as never)
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet((e) => ({
            value: e.ref('excluded.value'),
            notes: e.ref('excluded.notes'),
            seq: e.ref('excluded.seq'),
          })),
        ),
    ),
    delete: statement<[key: string]>()(db.deleteFrom(name).where('key', '=', parameter<string>())),
  }
}
