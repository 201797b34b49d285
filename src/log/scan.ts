/**
 * Looking at the log entry by entry, however damaged it is: what cannot be read is named, and the scan goes on behind it.
 * Pages are transactions of their own, for entries never change.
 */

import type { Program } from '../drivers/program.js'
import { CorruptFileError } from '../errors.js'
import { GENESIS } from './checksum.js'
import type { Entry } from './entry.js'
import { checksumAt, checksumOf, type RawEntry, rawPage } from './read.js'

/** What was found at a seq, or from a seq through another one. */
export type Scanned =
  | {
      readonly seq: number
      readonly entry: Entry
      /** What is wrong with it. */
      readonly damage: string | undefined
    }
  | { readonly seq: number; readonly through: number; readonly entry: undefined; readonly damage: string }

/** Runs a program in one read transaction. */
export type Inspect = <T>(program: () => Program<T>) => Promise<T>

/** Entries read in one transaction. */
const PAGE = 500

/** The entries after `after` through `through`, in order. */
export async function* scanLog(inspect: Inspect, after: number, through: number): AsyncGenerator<Scanned> {
  let seq = after
  let previous = await checksumBehind(inspect, after)
  while (seq < through) {
    const page = await readable(inspect, seq, Math.min(PAGE, through - seq))
    if (page === undefined) {
      const unreadable = seq + 1
      yield { seq: unreadable, through: unreadable, entry: undefined, damage: 'SQLite cannot read it' }
      seq = unreadable
      previous = undefined
      continue
    }
    for (const { entry, fault } of page) {
      const found = entry.position.seq
      if (found > through) break
      if (found > seq + 1) {
        yield { seq: seq + 1, through: found - 1, entry: undefined, damage: 'missing' }
        previous = undefined
      }
      const fits = previous === undefined || checksumOf(previous, entry) === entry.checksum
      yield {
        seq: found,
        entry,
        damage: fault ?? (fits ? undefined : 'it does not fit its checksum and the entry before it'),
      }
      seq = found
      previous = entry.checksum
    }
    const last = page.at(-1)?.entry.position.seq ?? Number.POSITIVE_INFINITY
    if (last > through && seq < through) {
      yield { seq: seq + 1, through, entry: undefined, damage: 'missing' }
      return
    }
  }
}

/** The same, newest first. */
export async function* scanLogBackwards(
  inspect: Inspect,
  after: number,
  through: number,
): AsyncGenerator<Scanned> {
  for (let end = through; end > after; end -= PAGE) {
    const window: Scanned[] = []
    for await (const scanned of scanLog(inspect, Math.max(after, end - PAGE), end)) window.push(scanned)
    yield* window.reverse()
  }
}

async function checksumBehind(inspect: Inspect, seq: number): Promise<string | undefined> {
  if (seq === 0) return GENESIS
  try {
    return await inspect(() => checksumAt(seq))
  } catch (error) {
    if (error instanceof CorruptFileError) return undefined
    throw error
  }
}

// As many of the entries as can be read at once; none when the very next one cannot.
async function readable(inspect: Inspect, after: number, limit: number): Promise<RawEntry[] | undefined> {
  for (let size = limit; size >= 1; size = Math.floor(size / 2)) {
    try {
      return await inspect(() => rawPage(after, size))
    } catch (error) {
      if (!(error instanceof CorruptFileError)) throw error
    }
  }
  return undefined
}
