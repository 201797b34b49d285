/**
 * How much of a log is kept: where it would have to begin by what is asked for.
 *
 * Nothing is remembered, and nothing is exact to the entry: a few entries are looked at, evenly over the log, so that it
 * costs the same however long the log is.
 */

import { all, first, type Program } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { findCheckpoint } from './checkpoint.js'
import { checkpointBody } from './checkpoint-body.js'
import { floor, rawPage } from './read.js'
import { log } from './tables.js'
import { tail } from './tail.js'

/** What a log keeps. An entry goes when it exceeds one of the limits that are given. */
export interface Limits {
  /** At most about this many of the newest entries. */
  readonly entries?: number
  /** At most about this many bytes of the newest entries. */
  readonly bytes?: number
  /** Only entries of about the last so many milliseconds, in log time. */
  readonly ageMs?: number
}

/**
 * `'all'`: the whole log. `'auto'`: as many bytes of it as there are bytes of rows (at least 128 KiB): whoever is further
 * behind reads the rows sooner than the log.
 */
export type Retain = 'all' | 'auto' | Limits

/** A log may grow by this much beyond what it keeps before it is shortened. */
const SLACK = 1.25

/** What `auto` keeps of the log of a small database, in bytes. */
const AUTO_LEAST = 128 << 10

/** What an entry takes besides its body, in bytes. */
const ENTRY_BYTES = 150

/** Entries whose sizes are looked at, evenly over the log. */
const SIZES = 32

/** The newest entries, whose times are looked at. */
const TIMES = 64

const sizeAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select(['size', 'kind']).where('seq', '=', parameter<number>()),
)

const newestTimes = statement<[]>()(
  log.selectFrom('daybook_log').select('committed_at').orderBy('seq', 'desc').limit(literal(TIMES)),
)

const timesFrom = statement<[from: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'committed_at'])
    .where('seq', '>=', parameter<number>())
    .orderBy('seq')
    .limit(literal(1000)),
)

/** Whether the log exceeds what it keeps by enough to do something about it. Costs the same whatever its length. */
export const isTooLong = (retain: Retain): Program<boolean> => exceeds(retain, SLACK)

/** The seq that the log has to begin with; as far as the next batch of a trim needs to know. */
export function* keepFrom(retain: Retain): Program<number> {
  if (retain === 'all') return 0
  const head = (yield* tail()).seq
  const { entries, bytes, ageMs } = yield* limitsOf(retain)
  let from = entries === undefined ? 0 : head - entries + 1
  if (bytes !== undefined) from = Math.max(from, head + 1 - Math.floor(bytes / (yield* entryBytes())))
  if (ageMs !== undefined) from = Math.max(from, yield* fromTime((yield* logTime()) - ageMs))
  return from
}

function* exceeds(retain: Retain, slack: number): Program<boolean> {
  if (retain === 'all') return false
  const oldest = (yield* floor()).seq
  const count = (yield* tail()).seq - oldest + 1
  const { entries, bytes, ageMs } = yield* limitsOf(retain)
  // What is left of a log is at least the checkpoint.
  if (entries !== undefined && count > entries * slack + 1) return true
  if (bytes !== undefined && count > 2 && count * (yield* entryBytes()) > bytes * slack) return true
  if (ageMs === undefined) return false
  const [first] = yield* all(timesFrom, oldest)
  return first !== undefined && first.committed_at < (yield* logTime()) - ageMs * slack
}

function* limitsOf(retain: 'auto' | Limits): Program<Limits> {
  if (retain !== 'auto' && retain.bytes === undefined) return retain
  const newest = yield* findCheckpoint()
  const [found] = newest === 0 ? [] : yield* rawPage(newest - 1, 1)
  const body = found && checkpointBody(found.entry)
  const rows = (body?.rows ?? []).reduce((sum, [, , bytes]) => sum + bytes, 0)
  const bytes = retain === 'auto' ? Math.max(AUTO_LEAST, rows) : (retain.bytes as number)
  // A checkpoint that is longer than what is kept would call for the next one.
  const own = 2 * (found?.entry.parts[0]?.length ?? 0)
  return { ...(retain === 'auto' ? {} : retain), bytes: Math.max(bytes, own) }
}

/** About how many bytes an entry of this log takes. */
function* entryBytes(): Program<number> {
  const oldest = (yield* floor()).seq
  const head = (yield* tail()).seq
  const step = Math.max(1, (head - oldest) / SIZES)
  let sum = 0
  let count = 0
  for (let seq = oldest; Math.floor(seq) <= head; seq += step) {
    const entry = yield* first(sizeAt, Math.floor(seq))
    // Checkpoints are long and rare.
    if (entry === undefined || entry.kind === 'checkpoint') continue
    sum += entry.size
    count++
  }
  return sum / Math.max(1, count) + ENTRY_BYTES
}

/**
 * What time it is by the log: that of the newest entries, and the earliest of them, so that a writer whose clock is far
 * ahead does not make everybody else's entries old. A log that nobody writes to does not age.
 */
function* logTime(): Program<number> {
  const times = yield* all(newestTimes)
  return times.reduce(
    (earliest, { committed_at }) => Math.min(earliest, committed_at),
    Number.POSITIVE_INFINITY,
  )
}

// Time never goes back along a log: an entry is as young as any before it says. So the first young one ends it.
function* fromTime(since: number): Program<number> {
  const oldest = (yield* floor()).seq
  const entries = yield* all(timesFrom, oldest)
  const young = entries.find(({ committed_at }) => committed_at >= since)
  return young?.seq ?? (entries.at(-1)?.seq ?? oldest) + 1
}
