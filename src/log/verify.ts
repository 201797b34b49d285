/**
 * Checking the log's invariants on a file (L1 to L4, L6, L7), entry by entry, without stopping at the first fault and in
 * bounded memory. Whether each transaction is there once (L5) is checked with the tables: verify-origins.ts.
 */

import { first, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import { findCheckpoint } from './checkpoint.js'
import { type CheckpointBody, previousOf } from './checkpoint-body.js'
import { GENESIS } from './checksum.js'
import { damageOf, isDamage } from './damage.js'
import { ENTRY_FORMAT, type Position } from './entry.js'
import type { Invariant, Report } from './finding.js'
import { floor, rawPage } from './read.js'
import { Redactions } from './redaction.js'
import type { Inspect } from './scan.js'
import { type EntryHead, type Streamed, streamPage } from './stream.js'
import { log } from './tables.js'
import { tail } from './tail.js'
import { BodyCheck, type BodyVisitor } from './verify-body.js'

const countParts = statement<[]>()(
  log.selectFrom('daybook_log_parts').select((e) => e.fn.countAll<number>().as('count')),
)

const countPartsBelow = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log_parts')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('seq', '<', parameter<number>()),
)

/** Behind so many entries in a row that cannot be read none is looked for: a damaged head can say any seq. */
const GIVE_UP = 100_000

/** Entries read in one transaction. */
const PAGE = 1000

/** Is told of every entry that is as it was written, in order, and then of what its body says. */
export interface LogVisitor extends BodyVisitor {
  entry(head: EntryHead): void
}

type Found = (invariant: Invariant, message: string) => void

/** The log was trimmed while it was read: what was read fits nothing that is there now. */
export class TrimmedMeanwhile extends Error {}

export class LogVerifier {
  entriesChecked = 0
  readonly #report: Report
  readonly #visitor: LogVisitor
  readonly #redactions = new Redactions()
  #floor = 0
  #through = 0
  #term = 0
  #checksum: string | undefined
  #furtherParts = 0
  /** Entries read at once: fewer behind something that cannot be read. */
  #page = PAGE
  /** What SQLite fails to read, as far as it is known. */
  #unreadable: { readonly from: number; readonly through: number; readonly reason: string } | undefined
  /** Nothing is wrong with what was checked so far. */
  sound = true
  /** There are entries of a newer format. */
  newer = false

  constructor(report: Report, visitor: LogVisitor) {
    this.#report = report
    this.#visitor = visitor
  }

  /** The seq through which the log was checked. */
  get through(): number {
    return this.#through
  }

  /** Looks at where the log begins. Answers with the floor; nothing when not even that can be read. */
  async begin(inspect: Inspect): Promise<Position | undefined> {
    try {
      return await inspect(() => this.#begin())
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#found('SQLite', `The beginning of the log cannot be read: ${damageOf(error)}.`)
      return undefined
    }
  }

  *#begin(): Program<Position | undefined> {
    const oldest = yield* floor()
    if (oldest === undefined) {
      this.#found('L1', 'The log is empty: it has at least the entry with which it was created.')
      return undefined
    }
    this.#floor = oldest.seq
    this.#through = oldest.seq - 1
    const [raw] = yield* rawPage(this.#through, 1)
    this.#checksum = oldest.seq === 1 ? GENESIS : raw && previousOf(raw.entry)
    if (this.#checksum === undefined) {
      this.#report.unchecked.push(
        `The checksum of entry ${oldest.seq}: the entry before it was trimmed, so its chain begins there on trust.`,
      )
    }
    if (oldest.seq < 1) this.#found('L1', `The log begins at ${oldest.seq}.`, { seq: oldest.seq })
    if (oldest.seq > 1 && (yield* findCheckpoint()) < oldest.seq) {
      this.#found('L4', `The log begins at ${oldest.seq}, and no checkpoint says what was before.`, {
        seq: oldest.seq,
      })
    }
    return oldest
  }

  /** Checks the next entries, in a transaction of their own. Answers whether there are more. */
  async next(inspect: Inspect): Promise<boolean> {
    try {
      const more = await inspect(() => this.page())
      this.#page = Math.min(PAGE, this.#page * 2)
      return more
    } catch (error) {
      if (!isDamage(error)) throw error
      if (this.#page > 1) {
        this.#page = Math.ceil(this.#page / 8)
        return true
      }
      return this.#skip(inspect, damageOf(error))
    }
  }

  /** The same in a transaction that is open already; damage is thrown. */
  *page(): Program<boolean> {
    const before = this.#through
    const bodies = new Map<number, BodyCheck>()
    const read = yield* streamPage(this.#through, this.#page, (head, text) => {
      const { seq } = head.position
      const body = bodies.get(seq) ?? new BodyCheck(head, this.#visitor)
      // An entry that is given away part by part is told of before it is known to be sound.
      if (!bodies.has(seq)) this.#visitor.entry(head)
      bodies.set(seq, body)
      body.add(text)
    })
    const [oldest] = read
    this.#nameUnreadable()
    if (oldest === undefined) return false
    if (oldest.head.position.seq > this.#through + 1) yield* this.notTrimmed()
    for (const streamed of read) this.#check(streamed, bodies.get(streamed.head.position.seq))
    // A damaged table can answer in any order; whoever went on from there would never end.
    return this.#through > before
  }

  /** Checks what is beside the entries; call it at the end, in a transaction in which no entry was left out. */
  *finish(): Program<void> {
    const stored = (yield* first(countParts))?.count ?? 0
    // Those of entries that are trimmed are removed with them.
    const below = (yield* first(countPartsBelow, this.#floor))?.count ?? 0
    if (stored !== this.#furtherParts || below > 0) {
      this.#found('L3', 'daybook_log_parts has rows that belong to no entry, or lacks some.')
    }
    yield* this.#compareRedactions()
  }

  // Pages are read one after another, and an entry may be blanked behind the reader's back: it is looked at again.
  *#compareRedactions(): Program<void> {
    for (const seq of this.#redactions.differing()) {
      const [raw] = yield* rawPage(seq - 1, 1)
      const entry = raw?.entry.position.seq === seq ? raw.entry : undefined
      if (this.#redactions.again(seq, entry)) continue
      const message = `Entry ${seq} is not what the newest record of its redaction says, or there is none.`
      this.#found('L4', message, { seq })
    }
  }

  /** @throws TrimmedMeanwhile when the log begins somewhere else by now */
  *notTrimmed(): Program<void> {
    if (this.#floor !== (yield* floor())?.seq) throw new TrimmedMeanwhile()
  }

  #check({ head, parts, fault, fits, texts }: Streamed, large: BodyCheck | undefined): void {
    const { seq, term } = head.position
    const expected = this.#through + 1
    const found: Found = (invariant, message) => this.#found(invariant, message, { seq })
    this.entriesChecked++
    this.#furtherParts += Math.max(0, parts - 1)
    if (seq < expected) {
      found('L1', `Entry ${seq} stands behind entry ${this.#through}.`)
      return
    }
    if (seq > expected) {
      const missing = seq === expected + 1 ? `Entry ${expected} is` : `Entries ${expected} to ${seq - 1} are`
      found('L1', `${missing} missing.`)
      this.#checksum = undefined
    }
    const sound = this.#checkColumns(head, fault, fits, found)
    if (sound && head.format > ENTRY_FORMAT) {
      this.#report.unchecked.push(
        `What entry ${seq} says: it has format ${head.format}, this version reads up to ${ENTRY_FORMAT}.`,
      )
      this.newer = true
    } else if (sound) this.#checkBody(head, texts, large, found)
    if (texts !== undefined) this.#redactions.add({ ...head, parts: texts })
    this.#through = seq
    this.#term = Math.max(term, this.#term)
    this.#checksum = head.checksum
  }

  #checkColumns(head: EntryHead, fault: string | undefined, fits: Streamed['fits'], found: Found): boolean {
    const { seq, term } = head.position
    if (term < this.#term) found('L2', `Entry ${seq} has term ${term}, after term ${this.#term}.`)
    const begun = this.#term + (head.kind === 'term' ? 1 : 0)
    const isKnown = this.#checksum !== undefined && (this.#term > 0 || seq === 1)
    if (isKnown && term >= this.#term && term !== begun) {
      found(
        'L6',
        `Entry ${seq} has term ${term}, where term ${begun} was to be: only a term entry begins one.`,
      )
    }
    if (fault !== undefined) {
      found('L3', `Entry ${seq}: ${fault}.`)
      return false
    }
    // Behind a gap the chain cannot be checked; the gap has been named already.
    if (this.#checksum !== undefined && !fits(this.#checksum)) {
      found('L7', `Entry ${seq} does not fit its checksum and the entry before it.`)
      return false
    }
    return true
  }

  #checkBody(
    head: EntryHead,
    texts: readonly string[] | undefined,
    large: BodyCheck | undefined,
    found: Found,
  ): void {
    const { seq } = head.position
    const previous = this.#checksum
    const visitor: BodyVisitor = {
      op: (op, at) => this.#visitor.op(op, at),
      checkpoint: (body: CheckpointBody, at) => {
        if (previous !== undefined && body.previous !== previous) {
          found('L7', `Checkpoint ${seq} says another checksum of the entry before it.`)
        }
        this.#visitor.checkpoint(body, at)
      },
    }
    if (large === undefined) this.#visitor.entry(head)
    const body = large ?? new BodyCheck(head, visitor)
    for (const text of texts ?? []) body.add(text)
    const fault = body.end()
    if (fault !== undefined) found('format', `Entry ${seq}: ${fault}.`)
  }

  // The very next entry cannot be read: it is left out. Answers whether there may be something behind it.
  async #skip(inspect: Inspect, reason: string): Promise<boolean> {
    const from = this.#unreadable?.from ?? this.#through + 1
    this.#through++
    this.#unreadable = { from, through: this.#through, reason }
    this.#checksum = undefined
    const last = await inspect(tail).catch((error: unknown) => {
      if (!isDamage(error)) throw error
      return undefined
    })
    const more = last !== undefined && this.#through < last.seq && this.#through - from < GIVE_UP
    if (!more) this.#nameUnreadable()
    return more
  }

  #found(...finding: Parameters<Report['found']>): void {
    this.sound = false
    this.#report.found(...finding)
  }

  #nameUnreadable(): void {
    if (this.#unreadable === undefined) return
    const { from, through, reason } = this.#unreadable
    const entries = from === through ? `Entry ${from}` : `Entries ${from} to ${through}`
    this.#found('L7', `${entries} cannot be read: SQLite says ${reason}.`, { seq: from })
    this.#unreadable = undefined
  }
}
