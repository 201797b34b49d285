/**
 * One check of a file: the log against its invariants, what is made from it against a fold of the log, and the file
 * itself by SQLite's own check. Memory is bounded whatever the file's size: the log is read by pages, and where its rows
 * do not fit into memory together it is read several times, each time for another part of the keys.
 *
 * Nothing is changed and appends go on. Entries never change, so pages are transactions of their own; only what is stored
 * is compared in one transaction, with exactly what is posted by then. Damage ends no more than the part that it is in.
 */

import type { Program } from '../drivers/program.js'
import { quote, ReadOnlyError, StorageFullError } from '../errors.js'
import { damageOf, isDamage } from '../log/damage.js'
import { Report } from '../log/finding.js'
import type { Inspect } from '../log/scan.js'
import { tail } from '../log/tail.js'
import { LogVerifier } from '../log/verify.js'
import { compareWithCheckpoint } from '../materializer/verify/checkpoint.js'
import { DefinitionsVerifier } from '../materializer/verify/definitions.js'
import { HASHES, Hand, type HashRange } from '../materializer/verify/hand.js'
import { checkIntegrity } from '../materializer/verify/integrity.js'
import { PostedFold, RowsFold } from '../materializer/verify/posted.js'
import { RowsComparison } from '../materializer/verify/rows.js'
import { knownTables, listCursors } from '../materializer/verify/stored.js'
import type { Verification } from './journal/verification.js'

/** A file that can be looked at. */
export interface Verifiable {
  readonly inspect: Inspect
  /** Posts what is not posted yet; a file that is only read has none, and is compared as far as it is posted. */
  readonly post?: () => Promise<void>
}

export interface VerifyOptions {
  /** Also decodes every value, in the log and in the rows. */
  readonly deep?: boolean
  /** About how many bytes of rows may be in memory at a time. Default 64 MiB. */
  readonly handBytes?: number
  /** Told now and then: so many entries were read, of so many that will be read. */
  readonly onProgress?: (done: number, of: number) => void
  readonly signal?: AbortSignal
}

const HAND_BYTES = 64 << 20

/** Whoever else waits gets a turn after so many ms. */
const BREATH = 50

/** Entries that were posted meanwhile and are left to the transaction in which everything is compared. */
const FEW = 1000

export class FileCheck {
  readonly #file: Verifiable
  readonly #options: VerifyOptions
  readonly #report = new Report()
  readonly #definitions = new DefinitionsVerifier(this.#report)
  readonly #rows: RowsComparison
  #floor = 1
  /** Collections whose rows no entry tells, and a checkpoint does. */
  #seenByCheckpoint: ReadonlySet<string> = new Set()
  #done = 0
  #breath = performance.now()

  constructor(file: Verifiable, options: VerifyOptions) {
    this.#file = file
    this.#options = options
    this.#rows = new RowsComparison(this.#report, options.deep === true)
  }

  async run(): Promise<Verification> {
    const entriesChecked = await this.#checkLog()
    await this.#look('The schema', () => this.#definitions.compareOwn())
    await this.#look('daybook_meta', () => this.#definitions.compareMeta())
    await this.#look('The file', () => checkIntegrity(this.#report))
    for (const [collection, count] of this.#rows.untold) {
      if (this.#seenByCheckpoint.has(collection)) continue
      this.#report.unchecked.push(
        `All that rows and states of collection ${quote(collection)} say (${count} of them): entries that were trimmed wrote it.`,
      )
    }
    const { clean, unchecked } = this.#report
    const { rowsChecked } = this.#rows
    return { clean, findings: this.#report.list(), unchecked, entriesChecked, rowsChecked }
  }

  async #checkLog(): Promise<number> {
    let fold: PostedFold | undefined
    const log = new LogVerifier(this.#report, {
      entry: (head) => fold?.entry(head),
      op: (op, head) => fold?.op(op, head),
      checkpoint: (body, head) => fold?.checkpoint(body, head),
    })
    const floor = await log.begin(this.#file.inspect)
    if (floor === undefined) return 0
    this.#floor = floor.seq
    const start = await this.#look('daybook_cursor', () => this.#start())
    const { report, after, whole } = { report: this.#report, after: floor.seq - 1, whole: floor.seq === 1 }
    const hand = this.#hand({ from: 0, below: HASHES })
    const { cursor = 0, head = floor.seq } = start ?? {}
    fold = new PostedFold({ report, hand, after, whole, cursor, deep: this.#options.deep === true })
    while (await log.next(this.#file.inspect)) {
      if (log.sound && cursor > 0) await this.#look('daybook_origins', () => fold.origins.lookUp())
      await this.#breathe(log.entriesChecked, Math.max(head - after, log.entriesChecked))
    }
    this.#done = log.entriesChecked
    if (log.sound && !log.newer && start !== undefined) {
      await this.#post()
      await this.#catchUp(fold)
    }
    const isCompared = await this.#look('What is made from the log', () =>
      this.#conclude(log, fold, start !== undefined),
    )
    if (isCompared) await this.#compareOtherKeys(hand)
    return log.entriesChecked
  }

  // In one transaction: the end of the log, and everything that is posted through the same entry.
  *#conclude(log: LogVerifier, fold: PostedFold, isPosted: boolean): Program<boolean> {
    yield* log.notTrimmed()
    while (yield* log.page());
    yield* log.finish()
    const skip = (why: string): boolean => {
      this.#report.unchecked.push(`The tables that are made from the log: ${why}.`)
      return false
    }
    if (!log.sound) return skip('the log is damaged')
    if (log.newer) return skip('the log has entries of a newer format')
    if (!isPosted) return skip('nobody can tell through which entry they are posted')
    const cursor = yield* this.#cursor(log.through)
    if (cursor === undefined) return skip('nobody can tell through which entry they are posted')
    while (fold.through < cursor) yield* fold.page(cursor)
    if (yield* fold.isBehindRedaction()) return skip('entries were redacted, and that is not posted yet')
    yield* fold.origins.compare()
    yield* fold.origins.compareTail(cursor)
    yield* fold.collections.compareControls()
    // Posting may have made tables since.
    yield* this.#definitions.look()
    const known = yield* fold.collections.compareRegistry(this.#definitions.tables)
    yield* this.#definitions.compareTables(known)
    const registered = new Set(known.map(({ collection }) => collection))
    for (const [collection, told] of fold.hand.collections()) {
      if (!registered.has(collection)) this.#rows.unregistered(collection, told)
    }
    yield* this.#compareRows(fold.hand, cursor)
    if (this.#floor > 1) this.#seenByCheckpoint = yield* compareWithCheckpoint(this.#report)
    return true
  }

  *#compareRows(hand: Hand, cursor: number): Program<void> {
    const extent = { floor: this.#floor, cursor }
    for (const { collection, rowTable } of yield* knownTables()) {
      yield* this.#rows.table(collection, rowTable, hand, extent)
    }
    yield* this.#rows.states(hand, extent)
  }

  /** The keys that did not fit into the hand: the log is read again for each part of them. */
  async #compareOtherKeys(first: Hand): Promise<void> {
    let { from, below } = first.range
    let last = first
    while (below < HASHES) {
      // As many as would have fitted this time, with some room: keys are spread evenly.
      const width = Math.ceil((below - from) * Math.max(1, last.room))
      const hand = this.#hand({ from: below, below: Math.min(HASHES, below + width) })
      const fold = new RowsFold(hand, this.#floor - 1)
      await this.#catchUp(fold, Math.ceil((HASHES - below) / width))
      const isCompared = await this.#look('The rows', () => this.#concludeKeys(fold))
      if (!isCompared) return
      last = hand
      ;({ from, below } = hand.range)
    }
  }

  *#concludeKeys(fold: RowsFold): Program<boolean> {
    const cursor = yield* this.#cursor(Number.MAX_SAFE_INTEGER)
    if (cursor === undefined) return false
    while (fold.through < cursor) yield* fold.page(cursor)
    yield* this.#compareRows(fold.hand, cursor)
    return true
  }

  /** Folds what is posted but for the newest entries, with a breath between pages. */
  async #catchUp(fold: RowsFold, passes = 1): Promise<void> {
    const before = this.#done
    for (;;) {
      const cursor = await this.#look('daybook_cursor', () => this.#cursor(Number.MAX_SAFE_INTEGER))
      if (cursor === undefined || cursor - fold.through <= FEW) return
      const read = await this.#look('The log', function* () {
        yield* fold.page(cursor - FEW)
        return true
      })
      if (read === undefined) return
      this.#done = before + (fold.through - this.#floor + 1)
      await this.#breathe(this.#done, before + (cursor - this.#floor + 1) * passes)
    }
  }

  *#start(): Program<{ readonly cursor: number; readonly head: number } | undefined> {
    const head = yield* tail()
    const cursor = yield* this.#cursor(head.seq)
    return cursor === undefined ? undefined : { cursor, head: head.seq }
  }

  /** The cursor, where it is one. */
  *#cursor(head: number): Program<number | undefined> {
    const rows = yield* listCursors()
    const cursor: unknown = rows[0]?.seq
    const isCursor = rows.length === 1 && rows[0]?.id === 1 && Number.isSafeInteger(cursor)
    const found = (message: string): undefined => {
      if (!this.#isCursorNamed) this.#report.found('M1', message)
      this.#isCursorNamed = true
    }
    if (!isCursor) return found('daybook_cursor does not say through which entry the tables are posted.')
    if ((cursor as number) > head) {
      return found(
        `The tables are posted through entry ${cursor}, and the log ends at ${head}: entries are missing.`,
      )
    }
    if ((cursor as number) < this.#floor - 1) {
      return found(`The tables are posted through entry ${cursor}, and the log begins at ${this.#floor}.`)
    }
    return cursor as number
  }

  #isCursorNamed = false

  async #post(): Promise<void> {
    try {
      await this.#file.post?.()
    } catch (error) {
      // Where nothing can be written, what is stored is compared as it is.
      if (error instanceof ReadOnlyError || error instanceof StorageFullError) return
      if (!isDamage(error)) throw error
      this.#report.found('SQLite', `What is not posted yet cannot be posted: SQLite says ${damageOf(error)}.`)
    }
  }

  #hand(range: HashRange): Hand {
    return new Hand(range, this.#options.handBytes ?? HAND_BYTES, this.#floor === 1)
  }

  /** One part of the check, in a transaction of its own. What SQLite cannot read is a finding, and the answer nothing. */
  async #look<T>(what: string, program: () => Program<T>): Promise<T | undefined> {
    try {
      return await this.#file.inspect(program)
    } catch (error) {
      if (!isDamage(error)) throw error
      this.#report.found('SQLite', `${what} cannot be read: SQLite says ${damageOf(error)}.`)
      return undefined
    }
  }

  // A synchronous binding answers without ever letting anybody else have a turn.
  async #breathe(done: number, of: number): Promise<void> {
    if (performance.now() - this.#breath < BREATH) return
    await new Promise((resolve) => setTimeout(resolve, 0))
    this.#breath = performance.now()
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.(done, of)
  }
}
