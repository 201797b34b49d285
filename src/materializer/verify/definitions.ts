/**
 * Checking what the invariants rest on: the definitions of tables and indexes, the triggers that refuse changes (L1, L4),
 * and the facts that the file says of itself.
 */

import type { Program } from '../../drivers/program.js'
import type { Finding, Report } from '../../log/finding.js'
import { isId } from '../../log/identity.js'
import { LOG_SCHEMA } from '../../log/tables.js'
import { EARLIER_TRIM_TRIGGER, TRIM_TRIGGER } from '../../log/trim-trigger.js'
import { indexStatement } from '../indexes.js'
import { MATERIALIZER_SCHEMA, rowTable } from '../tables.js'
import {
  idOf,
  type KnownTable,
  listDeclaredIndexes,
  listMeta,
  listSchema,
  type SchemaObject,
} from './stored.js'

/** Definitions as SQLite keeps them, by name. */
const OWN = new Map([...LOG_SCHEMA, ...MATERIALIZER_SCHEMA].map((sql) => [nameIn(sql), sql]))

export class DefinitionsVerifier {
  readonly #report: Report
  #schema: readonly SchemaObject[] = []

  constructor(report: Report) {
    this.#report = report
  }

  /** The tables that there are. */
  get tables(): ReadonlySet<string> {
    return new Set(this.#schema.filter(({ type }) => type === 'table').map(({ name }) => name))
  }

  /** Looks at what the database has by now. */
  *look(): Program<void> {
    this.#schema = yield* listSchema()
  }

  /** The tables that every file has, the triggers that protect them, and nothing else on them. */
  *compareOwn(): Program<void> {
    yield* this.look()
    for (const [name, sql] of OWN) {
      const fault = this.#faultOf(name, sql)
      if (fault === undefined) {
        if (kindIn(sql) === 'table') this.#compareKeys(name, sql)
        continue
      }
      if (kindIn(sql) === 'trigger')
        this.#report.found('L4', `The trigger ${name} ${fault}: nothing refuses what it refuses.`)
      else this.#report.found('format', `${typeIn(sql)} ${name} ${fault}.`)
    }
    for (const { type, name, tbl_name } of this.#schema) {
      if (type !== 'trigger' || OWN.has(name) || !OWN.has(tbl_name)) continue
      this.#report.found('L4', `The trigger ${name} on ${tbl_name} is not daybook's.`)
    }
  }

  *compareMeta(): Program<void> {
    const facts = yield* listMeta()
    const id = facts.find(({ name }) => name === 'id')?.value
    const names = facts.map(({ name }) => name).sort()
    if (JSON.stringify(names) !== '["format","id"]') {
      this.#report.found(
        'format',
        `daybook_meta has ${names.map(String).join(', ') || 'nothing'}, not format and id.`,
      )
    } else if (!isId(id)) {
      this.#report.found(
        'format',
        `The id of the file is ${JSON.stringify(id)}, which no daybook has given it.`,
      )
    }
  }

  /** Row tables, and the indexes on them. */
  *compareTables(known: readonly KnownTable[]): Program<void> {
    for (const { collection, rowTable: name } of known) {
      const fault = this.#faultOf(name, rowTable(name).create.sql)
      if (fault !== undefined) this.#report.found('format', `Table ${name} ${fault}.`, { collection })
      else this.#compareKeys(name, rowTable(name).create.sql, { collection })
      for (const trigger of this.#schema) {
        if (trigger.type !== 'trigger' || trigger.tbl_name !== name) continue
        this.#report.unchecked.push(`What the trigger ${trigger.name} on ${name} does: it is not daybook's.`)
      }
    }
    yield* this.#compareIndexes(new Map(known.map((each) => [each.collection, each.rowTable])))
  }

  *#compareIndexes(tables: ReadonlyMap<string, string>): Program<void> {
    const declared = new Set<string>()
    for (const { collection: id, path, name } of yield* listDeclaredIndexes()) {
      const collection = idOf(id)
      const fields = pathOf(path)
      const table = collection === undefined ? undefined : tables.get(collection)
      declared.add(name)
      const step = fields && indexStatement(table ?? 'rows', fields, name)
      if (collection === undefined || step === undefined || !name.startsWith(INDEX)) {
        this.#report.found('M2', `daybook_indexes has a row that says ${id}, ${path} and ${name}.`)
        continue
      }
      const fault = table === undefined ? undefined : this.#faultOf(name, step.statement.sql)
      if (fault !== undefined) this.#report.found('M2', `Index ${name} ${fault}.`, { collection })
    }
    for (const { type, name } of this.#schema) {
      if (type === 'index' && name.startsWith(INDEX) && !declared.has(name)) {
        this.#report.found('M2', `Index ${name} is not in daybook_indexes.`)
      }
    }
  }

  /** The indexes that SQLite makes by itself have no definition; what they are filed as is all that there is. */
  #compareKeys(table: string, sql: string, where: Pick<Finding, 'collection'> = {}): void {
    for (let number = 1; number <= keysIn(sql); number++) {
      const name = `sqlite_autoindex_${table}_${number}`
      const found = this.#schema.find((each) => each.name === name)
      if (found?.type === 'index' && found.tbl_name === table && found.sql === null) continue
      this.#report.found('format', `Key ${number} of table ${table} has no index that SQLite can use.`, where)
    }
  }

  #faultOf(name: string, sql: string): string | undefined {
    const found = this.#schema.find((each) => each.name === name)
    if (found === undefined) return 'is missing'
    if (found.type !== kindIn(sql)) return `is a ${found.type} to SQLite`
    if (found.tbl_name !== tableIn(sql)) return `is filed under ${found.tbl_name}`
    if (spaced(found.sql) === spaced(sql)) return undefined
    const isEarlier = sql === TRIM_TRIGGER && spaced(found.sql) === spaced(EARLIER_TRIM_TRIGGER)
    return isEarlier ? undefined : 'is defined in another way'
  }
}

/** How the names of daybook's indexes on row tables begin. */
const INDEX = 'daybook_index_'

function nameIn(sql: string): string {
  return /^CREATE \w+ (\w+)/.exec(sql)?.[1] as string
}

/** What SQLite calls what a definition makes. */
const kindIn = (sql: string): string => sql.split(' ', 2)[1]!.toLowerCase()

/** How many indexes SQLite itself makes for a table: one for each key that is no rowid. */
const keysIn = (sql: string): number => [...sql.matchAll(/(?<!INTEGER )PRIMARY KEY|UNIQUE/g)].length

/** The table that a definition is about. */
const tableIn = (sql: string): string | undefined =>
  (/^CREATE TABLE "?(\w+)/.exec(sql) ?? /\bON "?(\w+)/.exec(sql))?.[1]

const typeIn = (sql: string): string => (sql.startsWith('CREATE INDEX') ? 'Index' : 'Table')

const spaced = (sql: string | null): string | undefined => sql?.replace(/\s+/g, ' ')

function pathOf(text: unknown): readonly string[] | undefined {
  try {
    const path: unknown = JSON.parse(text as string)
    const isPath = Array.isArray(path) && path.every((field) => typeof field === 'string')
    return isPath && JSON.stringify(path) === text ? path : undefined
  } catch {
    return undefined
  }
}
