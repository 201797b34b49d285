/**
 * Everything that is made from the log, made anew in memory through the cursor, to be compared with what is stored. Is
 * told of entries by the verifier of the log, and reads by itself what is posted later.
 */

import { first, type Program } from '../../drivers/program.js'
import { literal, parameter, statement } from '../../drivers/query.js'
import type { CheckpointBody } from '../../log/checkpoint-body.js'
import { decodeOp } from '../../log/decode-ops.js'
import type { Report } from '../../log/finding.js'
import type { StoredOp } from '../../log/stored-op.js'
import { type EntryHead, streamPage } from '../../log/stream.js'
import { log } from '../../log/tables.js'
import { type LogVisitor, TrimmedMeanwhile } from '../../log/verify.js'
import { BodyCheck } from '../../log/verify-body.js'
import { OriginsVerifier } from '../../log/verify-origins.js'
import { AS_STORED } from '../../values/codecs.js'
import { CollectionsVerifier } from './collections.js'
import type { Hand } from './hand.js'

const redactedAfter = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log')
    .select('seq')
    .where('kind', '=', literal('redact'))
    // Says the same again in the words of the partial index, so that SQLite uses it.
    .where('kind', '<>', literal('tx'))
    .where('seq', '>', parameter<number>())
    .limit(literal(1)),
)

/** Entries read at once. */
const PAGE = 1000

/** Folds entries of a log that is sound into a hand. */
export class RowsFold implements LogVisitor {
  readonly hand: Hand
  /** The seq of the last entry that was folded. */
  through: number

  constructor(hand: Hand, after: number) {
    this.hand = hand
    this.through = after
  }

  entry(head: EntryHead): void {
    this.through = head.position.seq
  }

  op(op: StoredOp, head: EntryHead): void {
    this.hand.add(op, head.position.seq)
  }

  checkpoint(_body: CheckpointBody, _head: EntryHead): void {}

  /** Reads and folds the next entries, through a seq at most. */
  *page(through: number): Program<void> {
    const bodies = new Map<number, BodyCheck>()
    const bodyOf = (head: EntryHead): BodyCheck => {
      const body = bodies.get(head.position.seq) ?? new BodyCheck(head, this)
      if (!bodies.has(head.position.seq)) this.entry(head)
      bodies.set(head.position.seq, body)
      return body
    }
    const next = this.through + 1
    const limit = Math.min(PAGE, through - this.through)
    const read = yield* streamPage(this.through, limit, (of, text) => bodyOf(of).add(text))
    // The log is sound: what is not there any more was trimmed.
    if (read[0]?.head.position.seq !== next) throw new TrimmedMeanwhile()
    for (const { head, texts } of read) {
      for (const text of texts ?? []) bodyOf(head).add(text)
    }
  }
}

export interface PostedParts {
  readonly report: Report
  readonly hand: Hand
  /** The seq before the floor. */
  readonly after: number
  /** The log has all of its entries. */
  readonly whole: boolean
  /** The cursor: what the verifier of the log tells of later entries is left out, and read when they are posted. */
  readonly cursor: number
  /** Also decodes every value of the log. */
  readonly deep: boolean
}

/** The same with all that is made from the log. */
export class PostedFold extends RowsFold {
  readonly origins: OriginsVerifier
  readonly collections: CollectionsVerifier
  readonly #report: Report
  readonly #deep: boolean
  #cursor: number
  #undecodable = 0

  constructor({ report, hand, after, whole, cursor, deep }: PostedParts) {
    super(hand, after)
    this.#report = report
    this.#deep = deep
    this.#cursor = cursor
    this.origins = new OriginsVerifier(report, whole)
    this.collections = new CollectionsVerifier(report, whole)
  }

  override entry(head: EntryHead): void {
    if (head.position.seq > this.#cursor) return
    super.entry(head)
    if (head.kind !== 'checkpoint') this.origins.add(head)
  }

  override op(op: StoredOp, head: EntryHead): void {
    if (head.position.seq <= this.#cursor) {
      super.op(op, head)
      this.collections.add(op, head.position.seq)
    }
    // Last, for decoding carries out the notes in the op itself.
    if (this.#deep) this.#decode(op, head)
  }

  override checkpoint(body: CheckpointBody, head: EntryHead): void {
    if (head.position.seq > this.#cursor) return
    this.origins.checkpoint(body, head)
    this.origins.add(head)
    this.collections.checkpoint(body, head.position.seq)
  }

  override *page(through: number): Program<void> {
    this.#cursor = Math.max(through, this.#cursor)
    yield* super.page(through)
    yield* this.origins.lookUp()
  }

  /** Whether entries that are posted were blanked, and what states their rows anew is not posted yet. */
  *isBehindRedaction(): Program<boolean> {
    return (yield* first(redactedAfter, this.through)) !== undefined
  }

  #decode(op: StoredOp, { position: { seq } }: EntryHead): void {
    if (op[0] === 'redacted') return
    try {
      decodeOp(op, AS_STORED)
    } catch (error) {
      // The first few are enough to know what kind it is.
      if (this.#undecodable++ >= 5) return
      const reason = error instanceof Error ? error.message : String(error)
      this.#report.unchecked.push(`Entry ${seq}: a value of it cannot be decoded here: ${reason}`)
    }
  }
}
