/**
 * Looking back from a position for the entries that touch some rows, until those are found that decide them: a put, a
 * delete, a truncate or a reset says all of a row, so that whatever came before need not be read.
 */

import { CorruptFileError } from '../../errors.js'
import { type Body, bodiesBackwards } from '../../log/bodies.js'
import { floor } from '../../log/read.js'
import type { Inspect } from '../../log/scan.js'
import { encodeKey } from '../../values/key.js'
import { Interest, type Wanted } from './interest.js'

export interface Found {
  /** The entries that touch the rows, in order. */
  readonly seqs: readonly number[]
  /** The seq behind which it looked. */
  readonly behind: number
  /** It looked at all entries from the first one, so that what none of them puts was never there. */
  readonly isFromNothing: boolean
  /** Nothing before them matters. */
  readonly isDecided: boolean
}

/** Bodies read in one transaction; more and more of them, for what decides is mostly near. */
const FIRST_PAGE = 50
const PAGE = 1000

/** Looks at no more than `limit` entries. */
export async function lookBack(
  inspect: Inspect,
  at: number,
  wanted: Wanted,
  limit = Number.POSITIVE_INFINITY,
): Promise<Found> {
  const beginning = Math.max((await inspect(floor)).seq - 1, at - limit)
  const search = new Search(wanted)
  const seqs: number[] = []
  let below = at + 1
  for (let size = FIRST_PAGE; below > beginning + 1 && !search.isOver; size = Math.min(size * 2, PAGE)) {
    const bodies = await readable(inspect, below, beginning, size)
    const before = below
    for (const body of bodies) {
      // An entry is missing, and nobody knows what it did: nothing before it counts.
      if (search.isOver || body.seq !== below - 1) break
      below = body.seq
      if (search.touches(body)) seqs.push(below)
    }
    if (bodies.length === 0 || below > before - bodies.length) break
  }
  return { seqs: seqs.reverse(), behind: below - 1, isFromNothing: below === 1, isDecided: search.isOver }
}

async function readable(inspect: Inspect, below: number, after: number, size: number): Promise<Body[]> {
  try {
    return await inspect(() => bodiesBackwards(below, after, size))
  } catch (error) {
    if (error instanceof CorruptFileError) return []
    throw error
  }
}

/** Which rows are not decided yet. */
class Search {
  readonly #interest: Interest
  readonly #open: Map<string, Set<string> | 'all'>

  constructor(wanted: Wanted) {
    this.#interest = new Interest(wanted)
    this.#open = new Map([...wanted].map(([id, keys]) => [id, keys === 'all' ? keys : new Set(keys)]))
  }

  get isOver(): boolean {
    return this.#open.size === 0
  }

  /** Whether an entry touches a row that is asked about. */
  touches(body: Body): boolean {
    let touches = false
    let ops: ReturnType<Interest['ops']>
    try {
      ops = this.#interest.ops(body)
    } catch {
      // Whoever reads it again says what is wrong with it.
      return true
    }
    for (const op of ops) {
      const isEmptied = op[0] === 'truncate' || op[0] === 'reset'
      if (!isEmptied && op[0] !== 'put' && op[0] !== 'patch' && op[0] !== 'delete' && op[0] !== 'meta')
        continue
      if (isEmptied) {
        this.#open.delete(op[1])
        touches = true
        continue
      }
      const key = encodeKey(op[2])
      if (!this.#interest.inRow(op[1], key)) continue
      touches = true
      if (op[0] === 'put' || op[0] === 'delete') this.#decide(op[1], key)
    }
    return touches
  }

  #decide(collection: string, key: string): void {
    const keys = this.#open.get(collection)
    if (keys === undefined || keys === 'all') return
    keys.delete(key)
    if (keys.size === 0) this.#open.delete(collection)
  }
}
