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
 *
 * `KnownOrigins` spares the hot path the look-up: it remembers the highest origin seq of each origin as of one
 * position of the log. A higher one is new for certain. That memory is sound because the log never changes: it is used
 * only after the transaction's own read of the tail has shown the same seq and checksum, or after the entries in
 * between have been read (L7: equal seq and checksum, equal history).
 */

import { all, first, type Program, run } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import type { Position, Tail } from './entry.js'
import { addToRuns, continues, type OriginRun, type RunsByOrigin } from './origin-runs.js'
import { log } from './tables.js'

const runAt = statement<[origin: string, originSeq: number]>()(
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

const makersBetween = statement<[from: number, through: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'origin', 'origin_seq', 'checksum'])
    .where('seq', '>=', parameter<number>())
    .where('seq', '<=', parameter<number>())
    .orderBy('seq'),
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
  for (const [origin, known] of runs) {
    const [head] = known as [OriginRun, ...OriginRun[]]
    const before = yield* first(runAt, origin, head.originSeq - 1)
    const grown = before && { ...before, origin, originSeq: before.origin_seq }
    if (grown !== undefined && continues(grown, head.originSeq, head)) {
      yield* run(growRun, grown.length + head.length, origin, grown.originSeq)
      known.shift()
    }
    for (const each of known) yield* run(insertRun, origin, each.originSeq, each.seq, each.term, each.length)
  }
}

/** How many entries of others are read to bring the memory up to date before it is given up instead. */
const CATCH_UP_LIMIT = 1000

/** How many origins are remembered. */
const ORIGIN_LIMIT = 1000

/** The highest origin seq of each origin, as of one position. Belongs to one connection; see the head of this file. */
export class KnownOrigins {
  #tail: Tail | undefined
  readonly #highest = new Map<string, number>()

  /** The tail that the memory is at. The log may have grown since: whoever uses it has SQLite compare. */
  get tail(): Tail | undefined {
    return this.#tail
  }

  /** Whether the memory is at the given tail. */
  isAt({ seq, checksum }: Tail): boolean {
    return seq === this.#tail?.seq && checksum === this.#tail.checksum
  }

  /** The highest origin seq of an origin, where that was looked up before. */
  remembered(origin: string): number | undefined {
    return this.#highest.get(origin)
  }

  /** Brings the memory to the given tail, inside the transaction that read it. */
  *update(tail: Tail): Program<void> {
    const from = this.#tail
    const behind = tail.seq - (from?.seq ?? 0)
    const near = from !== undefined && behind > 0 && behind <= CATCH_UP_LIMIT
    const [same, ...later] = near ? yield* all(makersBetween, from.seq, tail.seq) : []
    if (near && same?.seq === from.seq && same.checksum === from.checksum) {
      for (const entry of later) this.#raise(entry.origin, entry.origin_seq)
    } else this.#highest.clear()
    this.#tail = tail
  }

  /** The highest origin seq of an origin at the position last updated to; 0 when it has none. */
  *highest(origin: string): Program<number> {
    const known = this.#highest.get(origin)
    if (known !== undefined) return known
    const posted = yield* first(runAt, origin, HIGHEST)
    const tail = yield* first(highestInTail, origin)
    const highest = Math.max(
      posted === undefined ? 0 : posted.origin_seq + posted.length - 1,
      Number(tail?.highest ?? 0),
    )
    if (this.#highest.size >= ORIGIN_LIMIT) this.#highest.clear()
    this.#highest.set(origin, highest)
    return highest
  }

  /** Remembers what was appended; call it only once the commit is certain. */
  advance(tail: Tail, appended: readonly { origin: string; originSeq: number }[]): void {
    for (const { origin, originSeq } of appended) this.#raise(origin, originSeq)
    this.#tail = tail
  }

  // Only origins whose past was looked up are known; others stay unknown.
  #raise(origin: string, originSeq: number): void {
    const known = this.#highest.get(origin)
    if (known !== undefined && originSeq > known) this.#highest.set(origin, originSeq)
  }
}
