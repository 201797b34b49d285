/**
 * Notices: what contexts that have one file open say to each other, for as long as it stands.
 *
 * Nobody needs a notice later, so it is no entry: it stands in a table of its own beside the log, one row for each origin
 * and topic, and is taken back by who said it, or by who finds that context gone.
 */

import { all, first, type Program, run, step } from '../drivers/program.js'
import { parameter, queryBuilder, statement } from '../drivers/query.js'
import { findTable } from './schema.js'

export interface Notice {
  /** The origin of the context that says it. */
  readonly origin: string
  readonly topic: string
  readonly value: string
}

const TABLE = 'daybook_notices'

const notices = queryBuilder<{ daybook_notices: { origin: string; topic: string; value: string } }>()

const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  origin TEXT NOT NULL,
  topic TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (origin, topic)
) WITHOUT ROWID`

const remove = statement<[origin: string, topic: string]>()(
  notices
    .deleteFrom(TABLE)
    .where('origin', '=', parameter<string>())
    .where('topic', '=', parameter<string>()),
)

const insert = statement<[origin: string, topic: string, value: string]>()(
  notices
    .insertInto(TABLE)
    .values({ origin: parameter<string>(), topic: parameter<string>(), value: parameter<string>() }),
)

const removeAll = statement<[origin: string]>()(
  notices.deleteFrom(TABLE).where('origin', '=', parameter<string>()),
)

const select = statement<[from: string, to: string]>()(
  notices
    .selectFrom(TABLE)
    .selectAll()
    .where('topic', '>=', parameter<string>())
    .where('topic', '<', parameter<string>()),
)

/** Says something under a topic, in place of what this origin said there before; `undefined` takes it back. */
export function* setNotice(origin: string, topic: string, value: string | undefined): Program<void> {
  yield step({ sql: CREATE })
  yield* run(remove, origin, topic)
  if (value !== undefined) yield* run(insert, origin, topic, value)
}

/** Takes back everything that an origin has said. */
export function* clearNotices(origin: string): Program<void> {
  if ((yield* first(findTable, TABLE)) !== undefined) yield* run(removeAll, origin)
}

/** What is said under the topics that begin with `prefix`. */
export function* readNotices(prefix: string): Program<readonly Notice[]> {
  if ((yield* first(findTable, TABLE)) === undefined) return []
  // Topics are text without the last code point of all.
  return yield* all(select, prefix, `${prefix}\u{10ffff}`)
}
