/** Finding or creating daybook's tables in a database, and refusing what this version cannot read. */

import { all, first, type Program, run } from '../drivers/program.js'
import { literal, parameter, queryBuilder, statement } from '../drivers/query.js'
import { NewerFormatError, NotADatabaseError } from '../errors.js'
import { insert, requestFor } from './append.js'
import { GENESIS } from './checksum.js'
import { FILE_FORMAT, LOG_SCHEMA, log } from './tables.js'

const catalogue = queryBuilder<{ sqlite_master: { type: string; name: string } }>()

/** Whether there is a table of this name. */
export const findTable = statement<[name: string]>()(
  catalogue
    .selectFrom('sqlite_master')
    .select('name')
    .where('type', '=', literal('table'))
    .where('name', '=', parameter<string>()),
)

const readMeta = statement<[]>()(log.selectFrom('daybook_meta').selectAll())

const writeMeta = statement<[name: string, value: string]>()(
  log.insertInto('daybook_meta').values({ name: parameter<string>(), value: parameter<string>() }),
)

const startCursor = statement<[]>()(
  log.insertInto('daybook_cursor').values({ id: literal(1), seq: literal(0) }),
)

/** What the file says about itself. */
export interface FileFacts {
  readonly format: number
  /** The database's own id, given when it was created. */
  readonly id: string
}

/** What a new database needs to be told. */
export interface Genesis {
  readonly id: string
  readonly origin: string
  readonly createdAt: number
}

/**
 * The facts of an existing daybook, or nothing in a database that has none.
 *
 * @throws NewerFormatError, NotADatabaseError
 */
export function* findLog(): Program<FileFacts | undefined> {
  if ((yield* first(findTable, 'daybook_meta')) === undefined) return undefined
  const facts = new Map((yield* all(readMeta)).map(({ name, value }) => [name, value]))
  const format = Number(facts.get('format'))
  if (!Number.isInteger(format) || format < 1) {
    throw new NotADatabaseError(
      'This database has a table daybook_meta that is not of daybook. It was not touched.',
    )
  }
  if (format > FILE_FORMAT) throw new NewerFormatError(format, FILE_FORMAT)
  return { format, id: facts.get('id') ?? '' }
}

/**
 * Creates the tables with `further` ones, and the log's first entry: a `term` entry, so that a log is never empty and
 * its chain begins with something that no other log has. Run it in a write transaction; it creates nothing when
 * somebody else was faster.
 */
export function* createLog(genesis: Genesis, further: readonly string[]): Program<FileFacts> {
  const existing = yield* findLog()
  if (existing !== undefined) return existing
  const facts = yield* createTables(genesis.id, further)
  const request = requestFor(
    { origin: genesis.origin, originSeq: 0, parts: ['[]'] },
    genesis.createdAt,
    'term',
  )
  yield* insert(request, { seq: 0, term: 1, checksum: GENESIS })
  return facts
}

/** Creates the tables of a log that has no entry yet: whoever calls it puts some in, in the same transaction. */
export function* createTables(id: string, further: readonly string[]): Program<FileFacts> {
  for (const sql of [...LOG_SCHEMA, ...further]) yield* run({ sql })
  yield* run(writeMeta, 'format', String(FILE_FORMAT))
  yield* run(writeMeta, 'id', id)
  yield* run(startCursor)
  return { format: FILE_FORMAT, id }
}
