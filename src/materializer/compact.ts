/** Keeping the log bounded: a checkpoint now and then, a trim below it and the space given back, all in small batches. */

import { all, type Program } from '../drivers/program.js'
import { appendCheckpoint, findCheckpoint } from '../log/checkpoint.js'
import { cursor } from '../log/cursor.js'
import type { Entry, Maker } from '../log/entry.js'
import { dropOldRuns } from '../log/origins.js'
import { floor } from '../log/read.js'
import { isTooLong, keepFrom, type Retain } from '../log/retention.js'
import { tail } from '../log/tail.js'
import { trim } from '../log/trim.js'
import { postAll } from './post.js'
import { listCollections } from './registry.js'
import { measureRows } from './row-digest.js'

export type { Retain }

/** Free pages given back in one transaction, and how many are left for what comes next. */
const PAGES = 64
const SPARE_PAGES = 32

export interface Trimmed {
  /** How many entries this step removed. */
  readonly trimmed: number
  /** There is more to do. */
  readonly more: boolean
}

export interface Compacted extends Trimmed {
  /** The checkpoint that this step wrote. */
  readonly checkpoint?: Entry
}

/**
 * One step of the background work: writes a checkpoint when one is due, trims one batch, or gives back some space. Nothing
 * when a checkpoint is due and more entries than `posting` have to be posted first. A batch is of `trimming` entries.
 */
export function* compactStep(
  retain: Retain,
  maker: Maker,
  posting: number,
  trimming: number,
): Program<Compacted | undefined> {
  if (!(yield* isTooLong(retain))) return { trimmed: 0, more: yield* giveBack() }
  if ((yield* findCheckpoint()) <= (yield* floor()).seq) {
    if ((yield* tail()).seq - (yield* cursor()) > posting) return undefined
    return { checkpoint: yield* checkpoint(maker), trimmed: 0, more: true }
  }
  const trimmed = yield* trimBatch(yield* keepFrom(retain), trimming)
  return { trimmed, more: trimmed > 0 }
}

/** Posts the tail and appends a checkpoint behind it. */
export function* checkpoint({ origin, nextOriginSeq, committedAt }: Maker): Program<Entry> {
  yield* postAll()
  yield* dropOldRuns((yield* floor()).seq)
  const rows: [string, number, number, string | null][] = []
  for (const { collection, rowTable: table } of yield* listCollections()) {
    const measured = yield* measureRows(table)
    rows.push([collection, measured.rows, measured.bytes, measured.digest])
  }
  return yield* appendCheckpoint(origin, nextOriginSeq(), committedAt, rows)
}

/** Trims one batch of everything below the newest checkpoint, or gives back some space. */
export function* trimStep(entries: number): Program<Trimmed> {
  const trimmed = yield* trimBatch(Number.MAX_SAFE_INTEGER, entries)
  return { trimmed, more: trimmed > 0 || (yield* giveBack()) }
}

/** Trims one batch of so many entries; answers with how many went. */
function* trimBatch(below: number, entries: number): Program<number> {
  const { seq } = yield* floor()
  yield* trim(below, entries)
  return (yield* floor()).seq - seq
}

/** Gives free pages at the end of the file back to the file system; answers whether there are more. */
function* giveBack(): Program<boolean> {
  const free = yield* freePages()
  if (free <= SPARE_PAGES) return false
  yield* all({ sql: `PRAGMA incremental_vacuum(${PAGES})` })
  const left = yield* freePages()
  // A file without auto-vacuum, which the app made, keeps its free pages.
  return left < free && left > SPARE_PAGES
}

function* freePages(): Program<number> {
  const [row] = yield* all<[], { freelist_count: number }>({ sql: 'PRAGMA freelist_count' })
  return row?.freelist_count ?? 0
}
