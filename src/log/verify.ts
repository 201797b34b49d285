/** Checking the log's invariants on a file (L1 to L5, L7), entry by entry, without stopping at the first fault. */

import { first, type Program } from '../drivers/program.js'
import { statement } from '../drivers/query.js'
import { previousOf } from './checkpoint.js'
import { GENESIS } from './checksum.js'
import type { Entry } from './entry.js'
import { checksumOf, floor, type RawEntry, rawPage } from './read.js'
import { Redactions } from './redaction.js'
import { log } from './tables.js'
import { OriginRuns } from './verify-origins.js'

const countParts = statement<[]>()(
  log.selectFrom('daybook_log_parts').select((e) => e.fn.countAll<number>().as('count')),
)

const countFurtherParts = statement<[]>()(
  log
    .selectFrom('daybook_log')
    .select((e) => [e.fn.sum<number | null>('parts').as('parts'), e.fn.countAll<number>().as('entries')]),
)

/** Something that is not as it must be. */
export interface Finding {
  /** The invariant that is broken, as the design numbers them. */
  readonly invariant: 'L1' | 'L2' | 'L3' | 'L4' | 'L5' | 'L7' | 'M2'
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
  readonly #originSeqs = new Map<string, Set<number>>()
  readonly #runs = new OriginRuns()
  readonly #redactions = new Redactions();

  /** Checks the next page; answers with its entries, none at the end. One page can be one transaction: entries never change. */
  *next(): Program<readonly Entry[]> {
    if (this.#seq === undefined) yield* this.#begin()
    const entries = yield* rawPage(this.#seq as number, PAGE)
    for (const raw of entries) this.#check(raw)
    return entries.map(({ entry }) => entry)
  }

  /** Checks what is beside the entries; call it at the end, in a transaction in which no entry was left out. */
  *finish(): Program<void> {
    const stored = (yield* first(countParts))?.count ?? 0
    const told = yield* first(countFurtherParts)
    if (stored !== Number(told?.parts ?? 0) - (told?.entries ?? 0)) {
      this.#found('L3', undefined, 'daybook_log_parts has rows that belong to no entry, or lacks some.')
    }
    for (const message of yield* this.#runs.compare()) this.#found('L5', undefined, message)
    yield* this.#compareRedactions()
  }

  // Pages are read one after another, and an entry may be blanked behind the reader's back: it is looked at again.
  *#compareRedactions(): Program<void> {
    for (const seq of this.#redactions.differing()) {
      const [raw] = yield* rawPage(seq - 1, 1)
      const entry = raw?.entry.position.seq === seq ? raw.entry : undefined
      if (this.#redactions.again(seq, entry)) continue
      this.#found(
        'L4',
        seq,
        `Entry ${seq} is not what the newest record of its redaction says, or there is none.`,
      )
    }
  }

  *#begin(): Program<void> {
    const oldest = yield* floor()
    this.#seq = oldest.seq - 1
    const [raw] = yield* rawPage(this.#seq, 1)
    this.#checksum = oldest.seq === 1 ? GENESIS : raw && previousOf(raw.entry)
    if (this.#checksum === undefined) {
      this.unchecked.push(
        `The checksum of entry ${oldest.seq}: the entry before it was trimmed, so its chain begins there on trust.`,
      )
    }
  }

  #check({ entry, fault }: RawEntry): void {
    const { seq, term } = entry.position
    const expected = (this.#seq as number) + 1
    this.entriesChecked++
    if (seq !== expected) {
      const missing = seq === expected + 1 ? `Entry ${expected} is` : `Entries ${expected} to ${seq - 1} are`
      this.#found('L1', seq, `${missing} missing.`)
    }
    if (term < this.#term) this.#found('L2', seq, `Entry ${seq} has term ${term}, after term ${this.#term}.`)
    if (fault !== undefined) this.#found('L3', seq, `Entry ${seq}: ${fault}.`)
    const fits = this.#checksum === undefined || checksumOf(this.#checksum, entry) === entry.checksum
    // Behind a gap the chain cannot fit; the gap has been named already.
    if (!fits && seq === expected) {
      this.#found('L7', seq, `Entry ${seq} does not fit its checksum and the entry before it.`)
    }
    this.#checkOrigin(entry)
    this.#redactions.add(entry)
    this.#seq = seq
    this.#term = Math.max(term, this.#term)
    this.#checksum = entry.checksum
  }

  #checkOrigin(entry: Entry): void {
    const { origin, originSeq, position } = entry
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
    this.#runs.add(entry)
  }

  #found(invariant: Finding['invariant'], seq: number | undefined, message: string): void {
    this.findings.push(seq === undefined ? { invariant, message } : { invariant, seq, message })
  }
}
