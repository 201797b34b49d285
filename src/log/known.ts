/**
 * What a connection remembers of the log, as of one tail, so that the hot path need not look it up: the highest origin
 * seq of an origin (a higher one is new for certain, L5), the newest claim and schema version of a collection.
 *
 * That memory is sound because the log never changes: it is used only after the transaction's own read of the tail (or
 * SQLite's own comparison) has shown the same seq and checksum, or after the entries in between have been read (L7:
 * equal seq and checksum, equal history).
 */

import { all, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { controlsOf } from './controls.js'
import type { Entry, Tail } from './entry.js'
import { isControlKind } from './kind.js'
import { highestOf } from './origins.js'
import type { KnownControls } from './requirements.js'
import { log } from './tables.js'

const makersBetween = statement<[from: number, through: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'kind', 'origin', 'origin_seq', 'checksum'])
    .where('seq', '>=', parameter<number>())
    .where('seq', '<=', parameter<number>())
    .orderBy('seq'),
)

/** How many entries of others are read to bring the memory up to date before it is given up instead. */
const CATCH_UP_LIMIT = 1000

/** How many origins, and how many collections, are remembered. */
const MEMORY_LIMIT = 1000

/** Consecutive entries of one origin, through the end of the log. */
export interface Run {
  readonly origin: string
  /** The seq of the first of them. */
  readonly from: number
}

/** The run at the end of the log when an entry is put behind it. */
export const runWith = (run: Run | undefined, seq: number, origin: string): Run =>
  run?.origin === origin ? run : { origin, from: seq }

/** Whether all entries after a seq belong to a run of this origin. */
export const isRunOf = (run: Run | undefined, origin: string, after: number): boolean =>
  run !== undefined && run.origin === origin && after >= run.from - 1

/** Belongs to one connection; see the head of this file. */
export class KnownLog {
  #tail: Tail | undefined
  readonly #highest = new Map<string, number>()
  readonly #controls = new Map<string, KnownControls>()
  /** The newest entries, as far back as one origin made all of them. */
  #run: Run | undefined

  /** The tail that the memory is at. The log may have grown since: whoever uses it has SQLite compare. */
  get tail(): Tail | undefined {
    return this.#tail
  }

  /** Whether the memory is at the given tail. */
  isAt({ seq, checksum }: Tail): boolean {
    return seq === this.#tail?.seq && checksum === this.#tail.checksum
  }

  /** The highest origin seq of an origin, where that was looked up before. */
  rememberedHighest(origin: string): number | undefined {
    return this.#highest.get(origin)
  }

  /** The newest claim and the schema version of a collection, where they were looked up before. */
  rememberedControls(collection: string): KnownControls | undefined {
    return this.#controls.get(collection)
  }

  /** Whether all entries after a seq were made by this origin, for certain. */
  isAllBy(origin: string, after: number): boolean {
    return this.#tail !== undefined && (after >= this.#tail.seq || isRunOf(this.#run, origin, after))
  }

  /** The newest entries, as far back as one origin made all of them. */
  get run(): Run | undefined {
    return this.#run
  }

  /** Brings the memory to the given tail, inside the transaction that read it. */
  *update(tail: Tail): Program<void> {
    const from = this.#tail
    const behind = tail.seq - (from?.seq ?? 0)
    const near = from !== undefined && behind > 0 && behind <= CATCH_UP_LIMIT
    const [same, ...later] = near ? yield* all(makersBetween, from.seq, tail.seq) : []
    if (near && same?.seq === from.seq && same.checksum === from.checksum) {
      for (const { seq, kind, origin, origin_seq } of later) this.#learn(seq, kind, origin, origin_seq)
    } else {
      this.#highest.clear()
      this.#controls.clear()
      this.#run = undefined
    }
    this.#tail = tail
  }

  /** The highest origin seq of an origin at the position last updated to; 0 when it has none. */
  *highest(origin: string): Program<number> {
    const known = this.#highest.get(origin)
    if (known !== undefined) return known
    const highest = yield* highestOf(origin)
    if (this.#highest.size >= MEMORY_LIMIT) this.#highest.clear()
    this.#highest.set(origin, highest)
    return highest
  }

  /** The newest claim and the schema version of a collection at the position last updated to. */
  *controls(collection: string): Program<KnownControls> {
    const known = this.#controls.get(collection)
    if (known !== undefined) return known
    const { claim, schemaVersion } = yield* controlsOf(collection)
    if (this.#controls.size >= MEMORY_LIMIT) this.#controls.clear()
    const controls = { claim, schemaVersion }
    this.#controls.set(collection, controls)
    return controls
  }

  /** Remembers what was appended; call it only once the commit is certain. */
  advance(tail: Tail, appended: readonly Pick<Entry, 'position' | 'kind' | 'origin' | 'originSeq'>[]): void {
    for (const { position, kind, origin, originSeq } of appended)
      this.#learn(position.seq, kind, origin, originSeq)
    this.#tail = tail
  }

  #learn(seq: number, kind: string, origin: string, originSeq: number): void {
    this.#run = runWith(this.#run, seq, origin)
    // They are rare: looking up again is simpler than following them.
    if (isControlKind(kind)) this.#controls.clear()
    // Only origins whose past was looked up are known; others stay unknown.
    const known = this.#highest.get(origin)
    if (known !== undefined && originSeq > known) this.#highest.set(origin, originSeq)
  }
}
