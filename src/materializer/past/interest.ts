/** Which collections and rows somebody asks about; everything else of the log is passed over, mostly unparsed. */

import { type Entry, opParts } from '../../log/entry.js'
import { parseOps } from '../../log/op.js'
import { isStoredOp, type StoredOp } from '../../log/stored-op.js'

/** By collection, the keys (as they are stored) that are asked about; `'all'`: every row of it. */
export type Wanted = ReadonlyMap<string, ReadonlySet<string> | 'all'>

export class Interest {
  readonly #wanted: Wanted | undefined
  readonly #texts: readonly string[]

  /** Without `wanted` everything is of interest. */
  constructor(wanted?: Wanted) {
    this.#wanted = wanted
    this.#texts = [...(wanted?.keys() ?? [])].map((id) => JSON.stringify(id))
  }

  in(collection: string): boolean {
    return this.#wanted === undefined || this.#wanted.has(collection)
  }

  /** `key` as it is stored. */
  inRow(collection: string, key: string): boolean {
    if (this.#wanted === undefined) return true
    const keys = this.#wanted.get(collection)
    return keys === 'all' || keys?.has(key) === true
  }

  /** The collections that are asked about; nothing where all of them are. */
  get collections(): readonly string[] | undefined {
    return this.#wanted && [...this.#wanted.keys()]
  }

  /** The keys that are asked about, where it is not all of them. */
  keysOf(collection: string): ReadonlySet<string> | undefined {
    const keys = this.#wanted?.get(collection)
    return keys === 'all' ? undefined : keys
  }

  /**
   * The ops of an entry that concern these collections. `isDamaged`: its body is looked at whatever is in it.
   *
   * @throws what nobody can make ops of: the entry is damaged, or of a later format
   */
  ops(entry: Pick<Entry, 'kind' | 'parts'>, isDamaged = false): readonly StoredOp[] {
    const found: StoredOp[] = []
    for (const part of opParts(entry)) {
      if (!isDamaged && !this.#mayConcern(part)) continue
      for (const op of parseOps(part)) {
        if (!isStoredOp(op)) throw new Error('it has an op that this version does not know')
        if (this.in(op[1])) found.push(op)
      }
    }
    return found
  }

  // JSON can spell a text in another way, but not without a backslash.
  #mayConcern(part: string): boolean {
    return (
      this.#wanted === undefined || part.includes('\\') || this.#texts.some((text) => part.includes(text))
    )
  }
}
