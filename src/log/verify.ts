/** Checking the log's invariants on a file (L1, L2, L5, L7), entry by entry, without stopping at the first fault. */

import type { Program } from '../drivers/program.js'
import { previousOf } from './checkpoint.js'
import { GENESIS } from './checksum.js'
import type { Entry } from './entry.js'
import { checksumOf, floor, rawPage } from './read.js'

/** Something that is not as it must be. */
export interface Finding {
  /** The invariant that is broken, as the design numbers them. */
  readonly invariant: 'L1' | 'L2' | 'L3' | 'L5' | 'L7' | 'M2'
  /** The entry concerned, where it is one. */
  readonly seq?: number
  readonly message: string
}

/** Entries read in one transaction. */
const PAGE = 1000

export class LogVerifier {
  readonly findings: Finding[] = []
  readonly unchecked: string[] = []
  entriesChecked = 0
  #seq: number | undefined
  #term = 0
  #checksum: string | undefined
  readonly #originSeqs = new Map<string, Set<number>>();

  /** Checks the next page; answers with its entries, none at the end. One page can be one transaction: entries never change. */
  *next(): Program<readonly Entry[]> {
    if (this.#seq === undefined) yield* this.#begin()
    const entries = yield* rawPage(this.#seq as number, PAGE)
    for (const { entry, partsMissing } of entries) this.#check(entry, partsMissing)
    return entries.map(({ entry }) => entry)
  }

  *#begin(): Program<void> {
    const oldest = yield* floor()
    this.#seq = oldest.seq - 1
    const [first] = yield* rawPage(this.#seq, 1)
    this.#checksum = oldest.seq === 1 ? GENESIS : first && previousOf(first.entry)
    if (this.#checksum === undefined) {
      this.unchecked.push(
        `The checksum of entry ${oldest.seq}: the entry before it was trimmed, so its chain begins there on trust.`,
      )
    }
  }

  #check(entry: Entry, partsMissing: boolean): void {
    const { seq, term } = entry.position
    const expected = (this.#seq as number) + 1
    this.entriesChecked++
    if (seq !== expected) {
      this.#found(
        'L1',
        seq,
        seq === expected + 1
          ? `Entry ${expected} is missing.`
          : `Entries ${expected} to ${seq - 1} are missing.`,
      )
    }
    if (term < this.#term) this.#found('L2', seq, `Entry ${seq} has term ${term}, after term ${this.#term}.`)
    if (partsMissing) this.#found('L3', seq, `Entry ${seq} does not have all parts of its body.`)
    const fits = this.#checksum === undefined || checksumOf(this.#checksum, entry) === entry.checksum
    // Behind a gap the chain cannot fit; the gap has been named already.
    if (!fits && seq === expected) {
      this.#found('L7', seq, `Entry ${seq} does not fit its checksum and the entry before it.`)
    }
    this.#checkOrigin(entry)
    this.#seq = seq
    this.#term = Math.max(term, this.#term)
    this.#checksum = entry.checksum
  }

  #checkOrigin({ origin, originSeq, position }: Entry): void {
    const seen = this.#originSeqs.get(origin) ?? new Set()
    this.#originSeqs.set(origin, seen)
    if (seen.has(originSeq)) {
      this.#found(
        'L5',
        position.seq,
        `Entry ${position.seq} repeats transaction ${originSeq} of origin ${origin}.`,
      )
    }
    seen.add(originSeq)
  }

  #found(invariant: Finding['invariant'], seq: number, message: string): void {
    this.findings.push({ invariant, seq, message })
  }
}
