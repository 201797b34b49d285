/** The database as it was at a position, as a new file: the entries through it, and the rows posted from them. */

import { setImmediate } from 'node:timers/promises'
import type { Driver } from '../../drivers/driver.js'
import { type Entry, formatPosition, type Position, type Tail } from '../../log/entry.js'
import { putExactly } from '../../log/exact.js'
import { isRedacted } from '../../log/redacted-part.js'
import { seqsNamedBy } from '../../log/redaction.js'
import { scanLog } from '../../log/scan.js'
import { createTables } from '../../log/schema.js'
import { post } from '../../materializer/post.js'
import { MATERIALIZER_SCHEMA } from '../../materializer/tables.js'
import type { DatabaseFile } from '../database-file.js'
import { FailedError, UsageError } from '../exit-codes.js'
import type { Progress } from '../output/progress.js'
import { extentOf } from '../position/position.js'

/** Entries in one transaction. */
const BATCH = 2000

export interface CopyOptions {
  readonly progress: Progress
  readonly until: AbortSignal
}

/** @throws FailedError when an entry is damaged, or was blanked since */
export async function copyThrough(
  source: DatabaseFile,
  to: Position,
  target: Driver,
  { progress, until }: CopyOptions,
): Promise<void> {
  await target.transaction('write', () => createTables(source.facts.id, MATERIALIZER_SCHEMA))
  let batch: Entry[] = []
  let last: Tail | undefined
  /** Entries that were blanked by one that is not there yet. */
  const blanked = new Set<number>()
  const flush = async (): Promise<void> => {
    const entries = batch
    batch = []
    last = await target.transaction('write', function* () {
      let tail = last
      for (const entry of entries) tail = yield* putExactly(entry, tail)
      yield* post(entries.length)
      return tail
    })
    progress.at(entries.at(-1)?.position.seq ?? 0, to.seq)
    // Ctrl-C is heard between two turns only.
    await setImmediate()
    until.throwIfAborted()
  }
  for await (const { seq, entry, damage } of scanLog(source.inspect.bind(source), 0, to.seq)) {
    if (entry === undefined || damage !== undefined) {
      throw new FailedError(
        `Entry ${seq} is damaged (${damage}), so what came behind it cannot be replayed. ` +
          `daybook replay --to ${seq - 1} makes the database as it was before it.`,
      )
    }
    if (entry.parts.some(isRedacted)) blanked.add(seq)
    if (entry.kind === 'redact') for (const named of seqsNamedBy(entry)) blanked.delete(named)
    batch.push(entry)
    if (batch.length === BATCH) await flush()
  }
  if (batch.length > 0) await flush()
  const [first] = blanked
  if (first !== undefined) {
    throw new FailedError(
      `Values of entry ${first} were blanked after ${formatPosition(to)}, so nobody can say what the rows were then. ` +
        'Replay to a position behind the redaction, or look at daybook state --at, which says what is known.',
    )
  }
}

/** @throws UsageError saying what can be had instead */
export async function requireWholeLog(file: DatabaseFile): Promise<void> {
  const { floor, head } = await extentOf(file)
  if (floor.seq === 1) return
  throw new UsageError(
    `The log begins at ${formatPosition(floor)}: what was before it was trimmed, so an earlier database cannot be made ` +
      `anew from it. daybook state ${file.path} --at <position> shows what is known of the rows at any position through ` +
      `${formatPosition(head)}; the database as it is now is a copy of the file.`,
  )
}
