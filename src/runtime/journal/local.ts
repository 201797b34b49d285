/**
 * The journal of the context that has the database open: log and materialiser on a driver.
 *
 * Joins the group commit, the watch and the background work. Keeps no counter: every position comes from the log.
 */

import type { Driver } from '../../drivers/driver.js'
import { type Program, step } from '../../drivers/program.js'
import type { SqlRow } from '../../drivers/statement.js'
import { ClosedError, ReadOnlyError, StorageFullError } from '../../errors.js'
import { claimTerm, requestFor, tail } from '../../log/append.js'
import { checkTransaction } from '../../log/check.js'
import { controlsOf } from '../../log/controls.js'
import type { Entry, Maker, Position, Transaction } from '../../log/entry.js'
import { isId } from '../../log/identity.js'
import { clearNotices, type Notice, readNotices, type Said, setNotices } from '../../log/notices.js'
import { partsOfOps } from '../../log/op.js'
import { type Entries, readEntries } from '../../log/read.js'
import type { Retain } from '../../materializer/compact.js'
import { changeIndexes, type IndexChanges, missingChanges } from '../../materializer/indexes.js'
import { postAll } from '../../materializer/post.js'
import { type Rows as PostedRows, query, queryIfPosted, queryReadOnly } from '../../materializer/query.js'
import { findRowTable } from '../../materializer/registry.js'
import type { Subset } from '../../materializer/subset/subset.js'
import type { Clock } from '../clock.js'
import { makerOf, type Origin } from '../origin.js'
import { Background } from './background.js'
import type { CompactOptions, OpenJournal } from './calls.js'
import { erase } from './erase.js'
import { GroupCommit } from './group-commit.js'
import type { Rows, Unsubscribe } from './journal.js'
import { LogDriver, type OpenedLog } from './log-driver.js'
import { type JournalEvent, Meter, type PostReason } from './meter.js'
import { PostingTransactions } from './posting.js'
import { Watch } from './watch.js'

export interface LocalJournalOptions {
  readonly driver: Driver
  readonly clock: Clock
  /** Makes the control entries that the journal itself appends. */
  readonly origin: Origin
  readonly retain: Retain
  /** Told of failures that concern no caller: background posting, the watch. */
  readonly onError: (error: unknown) => void
  /** Told of what the journal does; must not throw. */
  readonly trace?: ((event: JournalEvent) => void) | undefined
  /** Which log it is; where it is left out, nobody is expected to put another one in its place. */
  readonly log?: OpenedLog
}

export class LocalJournal implements OpenJournal {
  readonly log: string | undefined
  readonly #bound: LogDriver
  readonly #driver: Driver
  readonly #clock: Clock
  readonly #origin: Origin
  /** Counts what is done here. */
  readonly meter: Meter
  readonly #posting: PostingTransactions
  readonly #commits: GroupCommit
  readonly #watch: Watch
  readonly #background: Background
  #closing: Promise<void> | undefined

  constructor(options: LocalJournalOptions) {
    const onAppended = (entries: readonly Entry[]): void => this.#onAppended(entries)
    this.#bound = new LogDriver(options.driver, options.log)
    const { driver } = this.#bound
    // One that is damaged names nothing.
    this.log = isId(options.log?.id) ? options.log?.id : undefined
    this.#driver = driver
    this.#clock = options.clock
    this.#origin = options.origin
    this.meter = new Meter(options.clock, options.trace)
    this.#posting = new PostingTransactions(driver, this.meter)
    this.#commits = new GroupCommit(driver, this.meter, onAppended)
    this.#watch = new Watch({ ...options, driver })
    this.#background = new Background({
      ...options,
      driver,
      meter: this.meter,
      posting: this.#posting,
      onAppended,
    })
  }

  append(transaction: Transaction): Promise<Position> {
    try {
      const kind = checkTransaction(transaction)
      this.#checkOpen()
      return this.#commits.append(requestFor(transaction, this.#clock.now(), kind))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Appends a claim: from now on a transaction that requires an older claim of this collection is refused. It is a
   * transaction like any other (one `claim` op), so whoever has a journal of another kind appends it there.
   */
  claim(collection: string): Promise<Position> {
    return this.append(this.#origin.transaction(partsOfOps([['claim', collection]])))
  }

  async head(): Promise<Position> {
    const { term, seq } = await this.inspect(tail)
    return { term, seq }
  }

  async read(after: Position, limit?: number): Promise<Entries> {
    return this.inspect(() => readEntries(after, limit))
  }

  async query(collection: string, of?: Subset): Promise<Rows> {
    // With TanStack's evaluator; a worker that is never asked for a part does not load it.
    const subset = of && (await import('../../materializer/subset/answer.js')).answering(of)
    const rows = await this.inspect(() => withVersion(collection, queryIfPosted(collection, subset)))
    if (rows !== undefined) return rows
    try {
      return await this.maintain(() => withVersion(collection, query(collection, subset)), 'read')
    } catch (error) {
      // Where nothing can be written, reading goes on: the tail is folded in memory.
      if (!(error instanceof ReadOnlyError || error instanceof StorageFullError)) throw error
      return this.inspect(() => withVersion(collection, queryReadOnly(collection, subset)))
    }
  }

  async index(collection: string, changes: IndexChanges): Promise<void> {
    // Looking first: what is there already costs no write.
    const { add, remove } = await this.inspect(() => missingChanges(collection, changes))
    if (add.length === 0 && remove.length === 0) return
    await this.maintain(function* () {
      yield* changeIndexes(collection, yield* findRowTable(collection), changes)
    })
  }

  subscribe(listener: (entries: readonly Entry[]) => void): Unsubscribe {
    this.#checkOpen()
    return this.#watch.subscribe(listener)
  }

  async notify(origin: string, number: number, said: Said): Promise<void> {
    this.#checkOpen()
    await this.#driver.transaction('write', () => setNotices(origin, number, said))
    this.#watch.noticed()
  }

  async silence(origin: string): Promise<void> {
    this.#checkOpen()
    // Looking first: a context that never said anything costs no write.
    if ((await this.notices('')).every((notice) => notice.origin !== origin)) return
    await this.#driver.transaction('write', () => clearNotices(origin))
    this.#watch.noticed()
  }

  notices(prefix: string): Promise<readonly Notice[]> {
    return this.inspect(() => readNotices(prefix))
  }

  onNotice(listener: () => void): Unsubscribe {
    this.#checkOpen()
    return this.#watch.onNotice(listener)
  }

  /** Begins a new term: from now on appends that carry an older one are refused. */
  async claimTerm(): Promise<Position> {
    const [entry] = await this.record(function* ({ origin, nextOriginSeq, committedAt }) {
      return [yield* claimTerm(origin, nextOriginSeq(), committedAt)]
    })
    return (entry as Entry).position
  }

  /** Runs a program that appends entries of the log's own, in one write transaction, and answers with them. */
  async record(program: (maker: Maker) => Program<readonly Entry[]>): Promise<readonly Entry[]> {
    const maker = makerOf(this.#origin, this.#clock.now())
    const entries = await this.maintain(() => program(maker))
    if (entries.length > 0) this.#onAppended(entries)
    return entries
  }

  /** Writes a checkpoint and trims everything below it, in small batches; appends go on between them. */
  async compact({ forget = false }: CompactOptions = {}): Promise<Position> {
    this.#checkOpen()
    const position = await this.#background.compact()
    if (forget) await erase(this)
    return position
  }

  /** Runs a program that only reads, in one transaction. For what belongs to the context that has the database. */
  async inspect<T>(program: () => Program<T>): Promise<T> {
    this.#checkOpen()
    return this.#driver.transaction('read', program)
  }

  /** Runs a program that only reads, when everything is posted; a database that cannot be written is read as it is. */
  async inspectPosted<T>(program: () => Program<T>): Promise<T> {
    if (this.#driver.readonly) return this.inspect(program)
    return this.maintain(function* () {
      yield* postAll()
      return yield* program()
    }, 'read')
  }

  /** Runs one statement outside of any transaction, as VACUUM and some of SQLite's settings must be. */
  async execute(sql: string): Promise<readonly SqlRow[]> {
    this.#checkOpen()
    return this.#driver.statement(step({ sql }))
  }

  /** Runs a program in one write transaction; `reason` is why it may post entries. */
  async maintain<T>(program: () => Program<T>, reason: PostReason = 'maintenance'): Promise<T> {
    this.#checkOpen()
    return this.#posting.run(reason, program)
  }

  /** Waits for what is under way, posts what was appended, and closes the database. */
  close(refusal?: Error): Promise<void> {
    if (refusal !== undefined) this.#bound.refuse(refusal)
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#watch.stop()
    await this.#commits.idle()
    await this.#background.stop()
    await this.#driver.close()
  }

  // Before the promises of the appends resolve: whoever awaits one finds it applied.
  #onAppended(entries: readonly Entry[]): void {
    this.meter.appended(entries.length)
    this.#watch.tell(entries)
    this.#background.appended(entries.length)
  }

  #checkOpen(): void {
    this.#bound.check()
    if (this.#closing !== undefined) throw new ClosedError()
  }
}

// In the transaction that reads the rows, so that they have this version for certain.
function* withVersion<R extends PostedRows | undefined>(
  collection: string,
  rows: Program<R>,
): Program<Rows | Exclude<R, PostedRows>> {
  const found: PostedRows | undefined = yield* rows
  if (found === undefined) return found as Exclude<R, PostedRows>
  return { ...found, schemaVersion: (yield* controlsOf(collection)).schemaVersion }
}
