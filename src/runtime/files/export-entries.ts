/** The log as lines of JSON, exact to the byte, as of one moment, in bounded memory. */

import type { Snapshot } from '../../drivers/snapshot.js'
import { NotADatabaseError } from '../../errors.js'
import { tail } from '../../log/append.js'
import { GENESIS } from '../../log/checksum.js'
import { linesOf } from '../../log/lines.js'
import { floor, PAGE_ENTRIES, page } from '../../log/read.js'
import { findLog } from '../../log/schema.js'
import { besidesRows, rowLinesAfter } from '../../materializer/base.js'
import { listCollections } from '../../materializer/registry.js'
import { type ConnectFile, snapshotOf } from './binding.js'

/** The format of the lines. */
export const EXPORT_FORMAT = 1

/**
 * Exports the log of a file: a line that says so, where the log was trimmed the tables that it goes on from, the entries,
 * and a line at the end. Others may write meanwhile.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptLogError
 */
export async function* exportEntries(connect: ConnectFile, filename: string): AsyncGenerator<string, void> {
  const snapshot = await snapshotOf(connect, filename)
  try {
    const facts = await snapshot.run(findLog())
    if (facts === undefined) throw new NotADatabaseError(`${filename} has no daybook in it.`)
    const oldest = await snapshot.run(floor())
    const { term, seq: last } = await snapshot.run(tail())
    const head = { term, seq: last }
    yield JSON.stringify({
      daybook: 'entries',
      format: EXPORT_FORMAT,
      id: facts.id,
      floor: oldest,
      head,
    })
    if (oldest.seq > 1) yield* exportBase(snapshot)
    let seq = oldest.seq - 1
    let checksum = seq === 0 ? GENESIS : undefined
    while (seq < last) {
      for (const entry of await snapshot.run(page(seq, PAGE_ENTRIES, checksum))) {
        yield* linesOf(entry)
        seq = entry.position.seq
        checksum = entry.checksum
      }
    }
    yield JSON.stringify({ end: head })
  } finally {
    await snapshot.close()
  }
}

async function* exportBase(snapshot: Snapshot): AsyncGenerator<string, void> {
  for (const registered of await snapshot.run(listCollections())) {
    let key = ''
    for (;;) {
      const lines = await snapshot.run(rowLinesAfter(registered, key))
      for (const line of lines) {
        yield JSON.stringify(line)
        if ('row' in line) key = line.row.key
      }
      if (lines.length === 0) break
    }
  }
  for (const line of await snapshot.run(besidesRows())) yield JSON.stringify(line)
}
