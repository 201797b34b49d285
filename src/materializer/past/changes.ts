/** What entries did to rows: each row that they touch, before and after them. */

import type { Inspect } from '../../log/scan.js'
import { encodeKey } from '../../values/key.js'
import { Forward } from './forward.js'
import { Interest, type Wanted } from './interest.js'
import { ABSENT, type Knowledge } from './known-row.js'
import { lookBack } from './look-back.js'
import { type PastOptions, pastAt, readInto } from './past.js'

export interface RowChange {
  readonly collection: string
  /** As it is stored. */
  readonly key: string
  readonly before: Knowledge
  readonly after: Knowledge
}

export interface ChangesOptions extends Pick<PastOptions, 'onDamage' | 'onProgress'> {
  /** How many entries to look back for what was before, and ahead for what the posted rows say; all if left out. */
  readonly limit?: number | undefined
}

export interface Changes {
  /** By collection, each row that the entries may have touched; those of a truncated collection too. */
  readonly rows: readonly RowChange[]
  /** Collections that may have had rows before of which nobody knows: they were emptied. */
  readonly mayHaveMore: readonly string[]
  /** The seq behind which entries were looked at to tell what was before. */
  readonly lookedBehind: number
}

/** What the entries after one seq through another one changed. */
export async function changesBetween(
  inspect: Inspect,
  after: number,
  through: number,
  { limit, onDamage, onProgress }: ChangesOptions = {},
): Promise<Changes> {
  const touched = new Touched()
  await readInto(touched, inspect, after, through, { onDamage })
  const wanted = touched.wanted
  const only = await lookBack(inspect, after, wanted, limit)
  const before = await pastAt(inspect, after, {
    wanted,
    only,
    ahead: limit === undefined ? undefined : through + limit,
    onProgress,
  })
  const forward = new Forward(new Interest(wanted), false)
  const rows: { collection: string; key: string; before: Knowledge }[] = []
  const mayHaveMore: string[] = []
  for (const [collection, keys] of wanted) {
    const known = keys === 'all' ? before.collection(collection) : undefined
    if (known?.mayHaveMore) mayHaveMore.push(collection)
    forward.collection(collection).rowsAreAll = keys === 'all' && known?.mayHaveMore !== true
    for (const key of new Set([...(known?.rows.keys() ?? []), ...touched.keysOf(collection)])) {
      const knowledge = before.row(collection, key)
      rows.push({ collection, key, before: knowledge })
      forward.know(collection, key, knowledge)
    }
  }
  await readInto(forward, inspect, after, through, {})
  const nothing = { seqs: [], behind: through, isFromNothing: false, isDecided: false }
  const later = await pastAt(inspect, through, { wanted, only: nothing, ahead: through })
  return {
    rows: rows.map((row) => {
      const told = forward.row(row.collection, row.key)
      const isWhole = told === ABSENT || (told.whole && told.exists === true)
      return { ...row, after: isWhole ? told : later.row(row.collection, row.key, told) }
    }),
    mayHaveMore,
    lookedBehind: only.behind,
  }
}

/** The rows that entries touch. */
class Touched {
  readonly #everything = new Interest()
  readonly #keys = new Map<string, Set<string>>()
  readonly #emptied = new Set<string>()

  add(entry: Parameters<Interest['ops']>[0]): void {
    for (const op of this.#everything.ops(entry)) {
      if (op[0] === 'truncate' || op[0] === 'reset') this.#emptied.add(op[1])
      if (op[0] === 'put' || op[0] === 'patch' || op[0] === 'delete' || op[0] === 'meta') {
        const keys = this.#keys.get(op[1]) ?? new Set()
        this.#keys.set(op[1], keys.add(encodeKey(op[2])))
      }
    }
  }

  // What a missing entry touched nobody can say; it was told as damage.
  gap(): void {}

  keysOf(collection: string): Iterable<string> {
    return this.#keys.get(collection) ?? []
  }

  get wanted(): Wanted {
    const wanted = new Map<string, Set<string> | 'all'>(this.#keys)
    for (const id of this.#emptied) wanted.set(id, 'all')
    return wanted
  }
}
