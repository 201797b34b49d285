/** The database as it was at a position, as a new file: the entries through it, and the rows posted from them. */

import { setImmediate } from 'node:timers/promises'
import type { Driver } from '../../drivers/driver.js'
import { copyEntries, createCopy } from '../../log/copy.js'
import type { Entry } from '../../log/entry.js'
import { formatPosition, type Position } from '../../log/entry.js'
import { scanLog } from '../../log/scan.js'
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

/** @throws UsageError when the log's beginning was trimmed; FailedError when an entry is damaged */
export async function copyThrough(
  source: DatabaseFile,
  to: Position,
  target: Driver,
  { progress, until }: CopyOptions,
): Promise<void> {
  await target.transaction('write', () => createCopy(source.facts, MATERIALIZER_SCHEMA))
  let batch: Entry[] = []
  const flush = async (): Promise<void> => {
    const entries = batch
    batch = []
    await target.transaction('write', function* () {
      yield* copyEntries(entries)
      yield* post(entries.length)
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
    batch.push(entry)
    if (batch.length === BATCH) await flush()
  }
  if (batch.length > 0) await flush()
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
