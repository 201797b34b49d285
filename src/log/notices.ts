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

const find = statement<[origin: string, topic: string]>()(
  notices
    .selectFrom(TABLE)
    .select('value')
    .where('origin', '=', parameter<string>())
    .where('topic', '=', parameter<string>()),
)

const select = statement<[from: string, to: string]>()(
  notices
    .selectFrom(TABLE)
    .selectAll()
    .where('topic', '>=', parameter<string>())
    .where('topic', '<', parameter<string>()),
)

/** Under this topic stands how often an origin has said something. */
const COUNT = ''

/** What is said anew under topics; null takes back what was said there. */
export type Said = readonly (readonly [topic: string, value: string | null])[]

/**
 * Says something in place of what this origin has said under the same topics. `number` counts what it says: what comes late,
 * or twice, behind something newer, changes nothing.
 */
export function* setNotices(origin: string, number: number, said: Said): Program<void> {
  yield step({ sql: CREATE })
  const count = yield* first(find, origin, COUNT)
  if (count !== undefined && Number(count.value) >= number) return
  for (const [topic, value] of [...said, [COUNT, String(number)] as const]) {
    yield* run(remove, origin, topic)
    if (value !== null) yield* run(insert, origin, topic, value)
  }
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
