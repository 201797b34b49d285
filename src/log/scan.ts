/**
 * Looking at the log entry by entry, however damaged it is: what cannot be read is named, and the scan goes on behind it.
 * Pages are transactions of their own, for entries never change.
 */

import { first, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { GENESIS } from './checksum.js'
import { isDamage } from './damage.js'
import type { Entry } from './entry.js'
import { checksumAt, checksumOf, type RawEntry, rawPage } from './read.js'
import { log } from './tables.js'

const lastAt = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => e.fn.max('seq').as('seq'))
    .where('seq', '<=', parameter<number>()),
)

/** What was found at a seq, or from a seq through another one. */
export type Scanned =
  | {
      readonly seq: number
      readonly entry: Entry
      /** What is wrong with it. */
      readonly damage: string | undefined
    }
  | { readonly seq: number; readonly through: number; readonly entry: undefined; readonly damage: string }

type Gap = Extract<Scanned, { readonly entry: undefined }>

/** Runs a program in one read transaction. */
export type Inspect = <T>(program: () => Program<T>) => Promise<T>

/** Behind so many places in a row that cannot be read nothing is looked for: a damaged head can say any seq. */
const GIVE_UP = 5000

/** Entries read in one transaction. */
const PAGE = 500

/** The entries after `after` through `through`, in order. */
export async function* scanLog(inspect: Inspect, after: number, through: number): AsyncGenerator<Scanned> {
  let seq = after
  let failures = 0
  let previous = await checksumBehind(inspect, after)
  while (seq < through) {
    const before = seq
    const page = await readable(inspect, seq, Math.min(PAGE, through - seq))
    if (page === undefined) {
      const unreadable = seq + 1
      if (++failures > GIVE_UP) {
        yield { seq: unreadable, through, entry: undefined, damage: 'SQLite cannot read it' }
        return
      }
      yield { seq: unreadable, through: unreadable, entry: undefined, damage: 'SQLite cannot read it' }
      seq = unreadable
      previous = undefined
      continue
    }
    failures = 0
    for (const { entry, fault } of page) {
      const found = entry.position.seq
      if (found > through) break
      // A damaged table can answer in any order; whoever went on from there would never end.
      if (found <= seq) continue
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
    if ((last > through || seq === before) && seq < through) {
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
  let failures = 0
  for (let end = through; end > after; ) {
    const from = Math.max(after, end - PAGE)
    const window: Scanned[] = []
    for await (const scanned of scanLog(inspect, from, end)) window.push(scanned)
    const [only] = window
    // Nothing at all: a damaged head can say any seq, and what is missing below it may be without end.
    failures = window.every(({ entry }) => entry === undefined) ? failures + window.length : 0
    const isGap = window.length === 1 && only?.entry === undefined && only?.damage === 'missing'
    const below = isGap ? await lastThrough(inspect, from) : from
    if (isGap && below < from) yield { ...(only as Gap), seq: Math.max(after, below) + 1 }
    else yield* window.reverse()
    if (failures > GIVE_UP && below > after) {
      yield { seq: after + 1, through: below, entry: undefined, damage: 'SQLite cannot read it' }
      return
    }
    end = below
  }
}

/** The newest seq that is there, through a seq. */
async function lastThrough(inspect: Inspect, seq: number): Promise<number> {
  try {
    return (await inspect(() => first(lastAt, seq)))?.seq ?? 0
  } catch (error) {
    if (isDamage(error)) return seq
    throw error
  }
}

async function checksumBehind(inspect: Inspect, seq: number): Promise<string | undefined> {
  if (seq === 0) return GENESIS
  try {
    return await inspect(() => checksumAt(seq))
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

// As many of the entries as can be read at once; none when the very next one cannot.
async function readable(inspect: Inspect, after: number, limit: number): Promise<RawEntry[] | undefined> {
  for (let size = limit; size >= 1; size = Math.floor(size / 2)) {
    try {
      return await inspect(() => rawPage(after, size))
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  return undefined
}
