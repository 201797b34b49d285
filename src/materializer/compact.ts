/** Keeping the log bounded: a checkpoint now and then, and a trim below it in small batches. */

import { first, type Program } from '../drivers/program.js'
import { tail } from '../log/append.js'
import { appendCheckpoint, findCheckpoint } from '../log/checkpoint.js'
import type { Entry } from '../log/entry.js'
import { floor } from '../log/read.js'
import { trim } from '../log/trim.js'
import { postAll } from './post.js'
import { listCollections } from './registry.js'
import { rowTable } from './tables.js'

/** How many entries a log keeps. */
export type Retain = 'all' | { readonly entries: number }

/** A new checkpoint is written when the log has grown by this much beyond what it keeps. */
const SLACK = 1.25

/** Entries removed in one transaction; an append waits for at most one such batch. */
const TRIM_BATCH = 500

export interface CompactParts {
  /** How many of the newest entries stay. */
  readonly keep: number
  readonly origin: string
  /** A number for the checkpoint, should one be written. */
  readonly nextOriginSeq: () => number
  readonly committedAt: number
}

export interface Compacted {
  /** The checkpoint that this step wrote. */
  readonly checkpoint: Entry | undefined
  /** There is more to do. */
  readonly more: boolean
}

/** One step of the background work: writes a checkpoint when one is due, or trims one batch. */
export function* compactStep({ keep, ...parts }: CompactParts): Program<Compacted> {
  const head = (yield* tail()).seq
  const oldest = (yield* floor()).seq
  const newest = yield* findCheckpoint()
  const due = head - oldest + 1 > keep * SLACK && newest <= oldest
  if (due) return { checkpoint: yield* checkpoint(parts), more: true }
  return { checkpoint: undefined, more: yield* trim(head - keep + 1, TRIM_BATCH) }
}

/** Posts the tail and appends a checkpoint behind it. */
export function* checkpoint(parts: Omit<CompactParts, 'keep'>): Program<Entry> {
  yield* postAll()
  const rows: [string, number][] = []
  for (const { collection, rowTable: table } of yield* listCollections()) {
    rows.push([collection, (yield* first(rowTable(table).count))?.count ?? 0])
  }
  return yield* appendCheckpoint(parts.origin, parts.nextOriginSeq(), parts.committedAt, rows)
}

/** Trims one batch of everything below the newest checkpoint. */
export function* trimStep(): Program<boolean> {
  return yield* trim(Number.MAX_SAFE_INTEGER, TRIM_BATCH)
}
