/**
 * The past: what rows and collections' metadata were at any position from the floor to the head.
 *
 * The log says it: its entries are folded from the first one. Where that one was trimmed, or an entry cannot be read, the
 * fold begins with rows of which nothing is known (`forward.ts`), and the posted rows tell what of that can still be told
 * (`backward.ts`). What neither tells is unknown, and never guessed. At or behind the cursor the fold begins with the
 * posted rows, so that all is known.
 *
 * It holds the rows that are asked about in memory, and of the log a page.
 */

import { CorruptFileError } from '../../errors.js'
import { cursor } from '../../log/cursor.js'
import { floor } from '../../log/read.js'
import { type Inspect, type Scanned, scanLog } from '../../log/scan.js'
import { Backward } from './backward.js'
import { Forward } from './forward.js'
import { Interest, type Wanted } from './interest.js'
import { known } from './known-row.js'
import type { Found } from './look-back.js'
import { type Posted, postedRows } from './posted.js'
import { Past } from './told.js'

export interface PastOptions {
  /** What is asked about; everything if left out. */
  readonly wanted?: Wanted | undefined
  /** Fold these entries only: no other one touches what is asked about, as far as anybody looked. */
  readonly only?: Found | undefined
  /** Look no further ahead than through this seq for what posted rows say of the position. */
  readonly ahead?: number | undefined
  /** Told each entry that is damaged, and each place where none can be read. */
  readonly onDamage?: ((damage: Scanned) => void) | undefined
  /** Told how many entries are read, of how many. */
  readonly onProgress?: ((read: number, of: number) => void) | undefined
}

/** What was at a position between the floor and the head. */
export async function pastAt(inspect: Inspect, at: number, options: PastOptions = {}): Promise<Past> {
  const interest = new Interest(options.wanted)
  if (((await readable(inspect, cursor)) ?? Number.POSITIVE_INFINITY) <= at) {
    const posted = await readable(inspect, () => postedRows(interest))
    if (posted !== undefined && posted.cursor <= at && isWhole(posted)) {
      const forward = new Forward(interest, true)
      knowPosted(forward, posted)
      await readInto(forward, inspect, posted.cursor, at, options)
      return new Past(at, forward)
    }
  }
  const { only } = options
  const start = (await inspect(floor)).seq - 1
  const forward = new Forward(interest, only?.isFromNothing ?? start === 0)
  if (only === undefined) await readInto(forward, inspect, start, at, options)
  else await readEach(forward, inspect, only.seqs, options)
  if (forward.isCertain || only?.isDecided) return new Past(at, forward)
  const posted = await readable(inspect, () => postedRows(interest))
  // Rows that are not posted as far as the position say nothing of it.
  if (posted === undefined || posted.cursor < at) return new Past(at, forward)
  const backward = new Backward(interest, posted.cursor)
  const through = aheadThrough(posted, options.ahead ?? posted.cursor)
  if (through > at) await readInto(backward, inspect, at, through, options)
  return new Past(at, forward, { backward, posted })
}

/**
 * How far to look ahead. Of a row that is posted the entries through the one that wrote it last are of interest, of one
 * that is not there all of them; beyond `limit` neither says anything.
 */
function aheadThrough(posted: Posted, limit: number): number {
  if (limit >= posted.cursor) return posted.cursor
  let through = 0
  for (const { rows } of posted.collections.values()) {
    for (const { seq } of rows.values()) if (seq <= limit) through = Math.max(through, seq)
  }
  return through
}

/** Adds entries one by one. */
async function readEach(
  into: Forward,
  inspect: Inspect,
  seqs: readonly number[],
  options: Pick<PastOptions, 'onDamage' | 'onProgress'>,
): Promise<void> {
  for (let first = 0; first < seqs.length; ) {
    let last = first
    while (seqs[last + 1] === (seqs[last] as number) + 1) last++
    await readInto(into, inspect, (seqs[first] as number) - 1, seqs[last] as number, {
      onDamage: options.onDamage,
    })
    first = last + 1
    options.onProgress?.(first, seqs.length)
  }
}

/** What a program answers, unless it meets a page that SQLite cannot read: then the log alone has to do. */
async function readable<T>(
  inspect: Inspect,
  program: Parameters<typeof inspect<T>>[0],
): Promise<T | undefined> {
  try {
    return await inspect(program)
  } catch (error) {
    if (error instanceof CorruptFileError) return undefined
    throw error
  }
}

const isWhole = ({ collections }: Posted): boolean =>
  [...collections.values()].every(({ unreadable }) => unreadable.size === 0)

/** Begins with the posted rows. */
export function knowPosted(forward: Forward, { collections }: Posted): void {
  for (const [id, { rows, state }] of collections) {
    const collection = forward.collection(id)
    collection.mentioned = true
    for (const [key, row] of rows) collection.rows.set(key, known(row))
    for (const [name, value] of state) collection.state.set(name, value)
  }
}

/** Adds the entries after one seq through another one; those that cannot be read are a gap. */
export async function readInto(
  into: Pick<Forward, 'add' | 'gap'> | Backward,
  inspect: Inspect,
  after: number,
  through: number,
  { onDamage, onProgress }: Pick<PastOptions, 'onDamage' | 'onProgress'>,
): Promise<void> {
  for await (const scanned of scanLog(inspect, after, through)) {
    let { damage } = scanned
    if (scanned.entry === undefined) {
      into.gap(scanned.through)
    } else {
      try {
        into.add(scanned.entry, damage !== undefined)
      } catch (error) {
        into.gap(scanned.seq)
        damage ??= error instanceof Error ? error.message : String(error)
      }
    }
    if (damage !== undefined) onDamage?.({ ...scanned, damage } as Scanned)
    onProgress?.(scanned.seq - after, through - after)
  }
}
