/** Finding entries by something else than their seq: by the time at which they were committed, by who made them. */

import { all, first, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { type RawEntry, rawPage } from './read.js'
import { log } from './tables.js'

// A scan: there is no index on the time, which is information only, and it may have jumped.
const lastThrough = statement<[time: number]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => e.fn.max('seq').as('seq'))
    .where('committed_at', '<=', parameter<number>()),
)

const postedOrigins = statement<[from: string, below: string]>()(
  log
    .selectFrom('daybook_origins')
    .select((e) => ['origin', e.fn.min('origin_seq').as('first'), e.fn.sum<number>('length').as('count')])
    .where('origin', '>=', parameter<string>())
    .where('origin', '<', parameter<string>())
    .groupBy('origin'),
)

const originsInTail = statement<[from: string, below: string]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => ['origin', e.fn.min('origin_seq').as('first'), e.fn.countAll<number>().as('count')])
    .where('seq', '>', log.selectFrom('daybook_cursor').select('seq'))
    .where('origin', '>=', parameter<string>())
    .where('origin', '<', parameter<string>())
    .groupBy('origin'),
)

/** The entry at a seq, as it is found. */
export function* entryAt(seq: number): Program<RawEntry | undefined> {
  const [raw] = yield* rawPage(seq - 1, 1)
  return raw?.entry.position.seq === seq ? raw : undefined
}

/** The seq of the last entry that was committed at or before a time, in ms since 1970, by the writers' clocks. */
export function* lastCommittedBy(time: number): Program<number | undefined> {
  return (yield* first(lastThrough, time))?.seq ?? undefined
}

/** An origin, and how many transactions it has made. */
export interface KnownOrigin {
  readonly origin: string
  readonly firstSeq: number
  readonly count: number
}

/** The origins that begin with a text. */
export function* originsBeginning(text: string): Program<KnownOrigin[]> {
  // No character of an origin comes behind `~`.
  const below = `${text}\x7f`
  const found = new Map<string, KnownOrigin>()
  const rows = [...(yield* all(postedOrigins, text, below)), ...(yield* all(originsInTail, text, below))]
  for (const { origin, first: firstSeq, count } of rows) {
    const known = found.get(origin)
    found.set(origin, {
      origin,
      firstSeq: known?.firstSeq ?? firstSeq,
      count: (known?.count ?? 0) + Number(count),
    })
  }
  return [...found.values()]
}
