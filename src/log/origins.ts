/**
 * Where each origin's transactions are (invariant L5: appended exactly once).
 *
 * The table `daybook_origins` is a view of the log like the row tables: the materialiser posts it with the same
 * cursor, so an append writes one B-tree instead of two (an index on the log would double the pages of every commit:
 * measured, 34 µs against 17). Entries after the cursor are found by scanning that short tail.
 *
 * Consecutive transactions of one origin at consecutive positions are one row (a run), so a single writer needs one
 * row however long its log is. Runs outlive the entries they point at: that is how a repeated append is recognised
 * after a trim.
 */

import { first, type Program, run } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import type { Position } from './entry.js'
import { addToRuns, type OriginRun, type RunsByOrigin } from './origin-runs.js'
import { log } from './tables.js'

export const runAt = statement<[origin: string, originSeq: number]>()(
  log
    .selectFrom('daybook_origins')
    .select(['origin_seq', 'seq', 'term', 'length'])
    .where('origin', '=', parameter<string>())
    .where('origin_seq', '<=', parameter<number>())
    .orderBy('origin_seq', 'desc')
    .limit(literal(1)),
)

const inTail = statement<[origin: string, originSeq: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'term'])
    .where('seq', '>', log.selectFrom('daybook_cursor').select('seq'))
    .where('origin', '=', parameter<string>())
    .where('origin_seq', '=', parameter<number>()),
)

const highestInTail = statement<[origin: string]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => e.fn.max('origin_seq').as('highest'))
    .where('seq', '>', log.selectFrom('daybook_cursor').select('seq'))
    .where('origin', '=', parameter<string>()),
)

const insertRun = statement<[origin: string, originSeq: number, seq: number, term: number, length: number]>()(
  log
    .insertInto('daybook_origins')
    .values({
      origin: parameter<string>(),
      origin_seq: parameter<number>(),
      seq: parameter<number>(),
      term: parameter<number>(),
      length: parameter<number>(),
    })
    // M3: posting the same entries again changes nothing.
    .onConflict((conflict) =>
      conflict.columns(['origin', 'origin_seq']).doUpdateSet((e) => ({
        length: e.fn<number>('max', ['daybook_origins.length', 'excluded.length']),
      })),
    ),
)

const growRun = statement<[length: number, origin: string, originSeq: number]>()(
  log
    .updateTable('daybook_origins')
    .set({ length: parameter<number>() })
    .where('origin', '=', parameter<string>())
    .where('origin_seq', '=', parameter<number>()),
)

/** No origin seq is higher. */
const HIGHEST = Number.MAX_SAFE_INTEGER

/** Where (origin, originSeq) was appended, if it was. */
export function* positionOf(origin: string, originSeq: number): Program<Position | undefined> {
  const found = yield* first(runAt, origin, originSeq)
  if (found !== undefined && originSeq < found.origin_seq + found.length) {
    return { term: found.term, seq: found.seq + (originSeq - found.origin_seq) }
  }
  return yield* first(inTail, origin, originSeq)
}

/** Adds what newly posted entries say to the table; `entries` in log order. */
export function* postOrigins(
  entries: Iterable<{ origin: string; originSeq: number; position: Position }>,
): Program<void> {
  const runs: RunsByOrigin = new Map()
  for (const entry of entries) addToRuns(runs, entry)
  for (const known of runs.values()) for (const each of known) yield* postRun(each)
}

// M3: what is in the table already, or part of a run there, adds nothing.
function* postRun({ origin, originSeq, seq, term, length }: OriginRun): Program<void> {
  const before = yield* first(runAt, origin, originSeq)
  const isSameRun =
    before !== undefined &&
    before.term === term &&
    before.seq - before.origin_seq === seq - originSeq &&
    originSeq <= before.origin_seq + before.length
  if (!isSameRun) yield* run(insertRun, origin, originSeq, seq, term, length)
  else {
    const reached = originSeq + length - before.origin_seq
    if (reached > before.length) yield* run(growRun, reached, origin, before.origin_seq)
  }
}

/** How many runs are known of transactions that were trimmed. */
const TRIMMED_RUNS = 2000

const countRuns = statement<[]>()(
  log.selectFrom('daybook_origins').select((e) => e.fn.countAll<number>().as('count')),
)

const forgetRuns = statement<[floor: number, kept: number]>()(
  log
    .deleteFrom('daybook_origins')
    .where((e) => e(e('seq', '+', e.ref('length')), '<=', parameter<number>()))
    .where(
      'seq',
      '<=',
      log
        .selectFrom('daybook_origins as newest')
        .select('newest.seq')
        .orderBy('newest.seq', 'desc')
        .limit(literal(1))
        .offset(parameter<number>()),
    ),
)

/**
 * Bounds the table: of transactions whose entries are trimmed the newest runs stay. What is older is not sent again: whoever
 * made it has been gone for as long as it took others to make so many.
 */
export function* dropOldRuns(floor: number): Program<void> {
  if (((yield* first(countRuns))?.count ?? 0) <= 2 * TRIMMED_RUNS) return
  yield* run(forgetRuns, floor, TRIMMED_RUNS)
}

/** Puts a run into the table as it is. */
export function* putRun({ origin, originSeq, seq, term, length }: OriginRun): Program<void> {
  yield* run(insertRun, origin, originSeq, seq, term, length)
}

/** The highest origin seq of an origin; 0 when it has none. */
export function* highestOf(origin: string): Program<number> {
  const posted = yield* first(runAt, origin, HIGHEST)
  const tail = yield* first(highestInTail, origin)
  const through = posted === undefined ? 0 : posted.origin_seq + posted.length - 1
  return Math.max(through, Number(tail?.highest ?? 0))
}
