/**
 * Checking where each origin's transactions are (L5): `daybook_origins` has exactly the runs that the entries make, and no
 * two of them overlap. A run is a stretch of the log, so one run is open at a time and nothing else has to be remembered.
 *
 * What was trimmed is known from the first checkpoint that is kept. The runs of entries before it are found in what it
 * says, and what it says is found in the table.
 */

import { all, first, type Program } from '../drivers/program.js'
import { parameter, statement } from '../drivers/query.js'
import type { Statement } from '../drivers/statement.js'
import { compareTexts } from '../values/text-order.js'
import type { CheckpointBody } from './checkpoint-body.js'
import type { Report } from './finding.js'
import { continues, type OriginRun } from './origin-runs.js'
import { runAt } from './origins.js'
import type { EntryHead } from './stream.js'
import { log } from './tables.js'

const countRuns = statement<[]>()(
  log.selectFrom('daybook_origins').select((e) => e.fn.countAll<number>().as('count')),
)

interface StoredRun {
  readonly origin: string
  readonly origin_seq: number
  readonly length: number
}

const isBehind = (last: StoredRun, run: StoredRun): boolean => {
  const order = compareTexts(String(last.origin), String(run.origin))
  return order < 0 || (order === 0 && run.origin_seq > last.origin_seq)
}

const runsBehind: Statement<[origin: string, originSeq: number, limit: number], StoredRun> = {
  sql:
    'SELECT origin, origin_seq, length FROM daybook_origins WHERE (origin, origin_seq) > (?, ?) ' +
    'ORDER BY origin, origin_seq LIMIT ?',
}

const makersBehind = statement<[after: number, limit: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'origin', 'origin_seq', 'term'])
    .where('seq', '>', parameter<number>())
    .orderBy('seq')
    .limit(parameter<number>()),
)

/** Runs and entries read at a time. */
const PAGE = 1000

/** So many runs of entries that are not posted yet are compared with one another. */
const TAIL_LIMIT = 100_000

/** A run that has ended, and how the table has to have it. */
interface Ended {
  readonly run: OriginRun
  /** `within`: as a stretch of a run, which began before the floor or ends behind the first checkpoint. */
  readonly as: 'itself' | 'within'
}

export class OriginsVerifier {
  readonly #report: Report
  #open: Ended | undefined
  #ended: Ended[] = []
  #expected = 0
  #isBased: boolean
  readonly #whole: boolean
  /** What the newest checkpoint says. */
  #said: Ended[] = []

  /** `whole`: the log has all of its entries. */
  constructor(report: Report, whole: boolean) {
    this.#report = report
    this.#isBased = whole
    this.#whole = whole
  }

  /** Adds the next entry. */
  add({ origin, originSeq, position }: EntryHead): void {
    const open = this.#open
    if (open !== undefined && open.run.origin === origin && continues(open.run, originSeq, position)) {
      this.#open = { ...open, run: { ...open.run, length: open.run.length + 1 } }
      return
    }
    this.#begin({ origin, originSeq, ...position, length: 1 }, this.#isBased ? 'itself' : 'within')
    if (this.#isBased) this.#expected++
  }

  /** What a checkpoint says of the entries before it; it is added itself afterwards. */
  checkpoint({ origins }: CheckpointBody, { position: { seq } }: EntryHead): void {
    const wasBased = this.#isBased
    this.#isBased = true
    // Runs of entries that are trimmed may be given up by a later checkpoint, and only by one.
    const fits = this.#whole ? origins.length === this.#expected : origins.length <= this.#expected
    if (wasBased && !fits) {
      this.#report.found(
        'L5',
        `Checkpoint ${seq} says ${origins.length} runs, the log made ${this.#expected}.`,
        { seq },
      )
    }
    if (!this.#whole) this.#expected = origins.length
    this.#said = []
    for (const [origin, originSeq, from, term, length] of origins) {
      const run = { origin, originSeq, seq: from, term, length }
      const isOpen = from + length === seq
      if (isOpen && !wasBased) this.#begin(run, 'itself')
      else this.#said.push({ run, as: isOpen ? 'within' : 'itself' })
    }
  }

  #begin(run: OriginRun, as: Ended['as']): void {
    if (this.#open !== undefined) this.#ended.push(this.#open)
    this.#open = { run, as }
  }

  /** Looks up the runs that have ended; they must be posted. */
  *lookUp(): Program<void> {
    for (const ended of this.#ended) yield* this.#find(ended)
    this.#ended = []
  }

  *#find({ run, as }: Ended): Program<void> {
    const { origin, originSeq, seq, term, length } = run
    const found = yield* first(runAt, origin, originSeq)
    const shift = found === undefined ? 0 : originSeq - found.origin_seq
    const fits = found !== undefined && found.seq + shift === seq && found.term === term
    const isSame = fits && shift === 0 && found.length === length
    if (as === 'itself' ? isSame : fits && found.length >= shift + length) return
    const which =
      length === 1 ? `Transaction ${originSeq}` : `Transactions ${originSeq} to ${originSeq + length - 1}`
    const what = `${which} of origin ${origin} are in the log from entry ${seq} on`
    this.#report.found('L5', `${what}, and daybook_origins does not say so.`, { seq })
  }

  /** Compares the whole table, which must be posted through exactly the entries that were added. */
  *compare(): Program<void> {
    if (this.#open !== undefined) this.#ended.push(this.#open)
    this.#open = undefined
    yield* this.lookUp()
    for (const said of this.#said) yield* this.#find(said)
    const stored = (yield* first(countRuns))?.count ?? 0
    if (stored !== this.#expected) {
      this.#report.found('L5', `daybook_origins has ${stored} runs, the log makes ${this.#expected}.`)
    }
    yield* this.#findOverlaps()
  }

  *#findOverlaps(): Program<void> {
    let last: StoredRun = { origin: '', origin_seq: 0, length: 0 }
    for (;;) {
      const runs = yield* all(runsBehind, last.origin, last.origin_seq, PAGE)
      for (const run of runs) {
        if (!isBehind(last, run)) {
          this.#report.found('L5', 'daybook_origins does not have its runs in order.')
          return
        }
        if (run.origin === last.origin && run.origin_seq < last.origin_seq + last.length) this.#twice(run)
        last = run
      }
      // What is no text or no number has been missed by the entry that it belongs to.
      if (runs.length < PAGE || typeof last.origin !== 'string' || typeof last.origin_seq !== 'number') return
    }
  }

  #twice({ origin, origin_seq }: Pick<StoredRun, 'origin' | 'origin_seq'>, seq?: number): void {
    const message = `Transaction ${origin_seq} of origin ${origin} is in the log more than once.`
    this.#report.found('L5', message, seq === undefined ? {} : { seq })
  }

  /** Looks for transactions in the entries after the cursor that are in the log already. */
  *compareTail(cursor: number): Program<void> {
    const seen = new Map<string, Set<number>>()
    let after = cursor
    let count = 0
    for (;;) {
      const makers = yield* all(makersBehind, after, PAGE)
      for (const { seq, origin, origin_seq } of makers) {
        const posted = yield* first(runAt, origin, origin_seq)
        const own = seen.get(origin) ?? new Set<number>()
        seen.set(origin, own)
        const isPosted = posted !== undefined && origin_seq < posted.origin_seq + posted.length
        if (isPosted || own.has(origin_seq)) this.#twice({ origin, origin_seq }, seq)
        own.add(origin_seq)
        after = seq
      }
      if (makers.length < PAGE) return
      count += makers.length
      if (count >= TAIL_LIMIT) {
        this.#report.unchecked.push(
          `Whether each transaction after entry ${after} is in the log once: too many entries are not posted yet.`,
        )
        return
      }
    }
  }
}
