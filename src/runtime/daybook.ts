/** A daybook: the handle that an app holds. It only joins the parts: journal, tail, origin, events. */

import { ClosedError, type Position } from '../errors.js'
import type { Requirement } from '../log/entry.js'
import type { Op } from '../log/op.js'
import type { Key } from '../values/key.js'
import type { Clock } from './clock.js'
import { type Later, LaterCode } from './code.js'
import { Codec } from './codec.js'
import type { Mutation } from './collection/mutations.js'
import { whereSourceRuns } from './collection/synced.js'
import type { DecodedEntry, EntriesOptions } from './entries.js'
import { type DamageEvent, type DaybookEvents, Events } from './events.js'
import type { CompactOptions, MaintenanceCalls, OpenJournal } from './journal/calls.js'
import type { Journal } from './journal/journal.js'
import { OpeningJournal } from './journal/opening.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from './journal/redactions.js'
import type { CollectionInfo, HandleCounters, Stats } from './journal/stats.js'
import type { Verification } from './journal/verification.js'
import { lazyGenerator } from './lazy-generator.js'
import type { Origin } from './origin.js'
import type { CommitMutations, MutationsHolder, Persistence, Sent } from './persistence.js'
import type { Locks } from './roles/locks.js'
import type { SyncOwners, SyncOwnersParts } from './roles/sync-owners.js'
import { Tail } from './tail.js'
import { harmless, type Trace, type TraceEvent } from './trace.js'

/** What opening a database gives. */
export interface Opened {
  readonly journal: OpenJournal
  readonly maintenance: MaintenanceCalls
  readonly warnings: readonly string[]
  /** The file was damaged, and something was done about it. */
  readonly damage?: DamageEvent
  /** Copies the database to a file; only where there are files. */
  readonly backup?: (path: string) => Promise<void>
}

/** What opening a daybook gives: a database, and the locks of all who have it open. */
export interface OpenedDaybook extends Opened {
  /** Asked for when the first synced collection needs them. */
  readonly locks: () => Locks | Promise<Locks>
}

export interface DaybookParts {
  /** Opens the database; called once, at once. */
  readonly open: (onError: (error: unknown) => void, trace: Trace | undefined) => Promise<OpenedDaybook>
  readonly origin: Origin
  readonly clock: Clock
  /** The code that is not needed to show rows, or what loads it. */
  readonly later: Later | (() => Promise<Later>)
  /** Told of what is done. */
  readonly trace?: Trace | undefined
  /** Whether nobody looks at this context; a page that is not looked at is slowed down. */
  readonly isHidden?: () => boolean
  /** Lets others have a turn in the middle of long work: a page that is to go on drawing. */
  readonly breathe?: () => Promise<void>
  /** Shows a warning that nobody listens for, the way this runtime shows warnings. */
  readonly onUnheardWarning?: (warning: string) => void
}

export class Daybook implements Persistence, AsyncDisposable {
  /** The five calls that everything is made of. */
  readonly journal: Journal
  /** Resolves when the database is open; rejects with the reason when it cannot be opened. Every call waits for it. */
  readonly ready: Promise<void>
  /** @internal */
  readonly tail: Tail
  /** @internal */
  readonly clock: Clock
  /** @internal */
  readonly later: LaterCode
  /** @internal */
  readonly codec: Codec
  /** @internal */
  readonly breathe: (() => Promise<void>) | undefined
  /** @internal */
  readonly trace: Trace | undefined
  /** @internal */
  readonly counters: { -readonly [Name in keyof HandleCounters]: number } = {
    catchUps: 0,
    reloads: 0,
    leaders: 0,
  }
  readonly #opening: Promise<OpenedDaybook>
  readonly #origin: Origin
  readonly #events: Events
  readonly #ownersParts: SyncOwnersParts
  #owners: SyncOwners | undefined
  /** What was asked for and is not finished. */
  readonly #pending = new Set<Promise<unknown>>()
  readonly #closed = new AbortController()
  #closing: Promise<void> | undefined

  constructor(parts: DaybookParts) {
    const { open, origin, clock, later, breathe, isHidden, onUnheardWarning = () => undefined } = parts
    this.breathe = breathe
    this.#origin = origin
    this.clock = clock
    this.later = new LaterCode(later)
    this.codec = new Codec(this.later)
    this.#events = new Events(onUnheardWarning)
    const onError = (error: unknown): void => this.report(error)
    const trace = parts.trace && harmless(parts.trace, onError)
    this.trace = trace
    this.#opening = open(onError, trace)
    this.ready = this.#opening.then(({ warnings, damage }) => {
      if (damage !== undefined) this.emit('damage', damage)
      for (const warning of warnings) this.#events.emit('warning', warning)
    })
    // Nobody has to await `ready`: collections and calls are told themselves.
    this.ready.catch(() => undefined)
    this.journal = new OpeningJournal(
      this.#opening.then(async ({ journal }) => {
        // A page may have lost its network: it works all the same, and tells less.
        const code = trace && (await this.later.load().catch(onError))
        return code ? code.traced(journal, trace as Trace, clock) : journal
      }),
    )
    this.tail = new Tail({ journal: this.journal, clock, onError, trace, counters: this.counters })
    this.#ownersParts = {
      locks: async () => (await this.#opening).locks(),
      tail: this.tail,
      clock,
      origin: origin.id,
      isHidden,
      append: (op) => this.submit(op),
      onChange: (change) => this.emit('sync', change),
      onError,
    }
  }

  /** Who this handle is in the log: the origin of the transactions it makes. */
  get origin(): string {
    return this.#origin.id
  }

  /**
   * Listens to an event; returns what ends it. An `error` that nobody listens for is thrown as an uncaught exception.
   *
   * @example
   * daybook.on('error', (error) => report(error))
   */
  on<Name extends keyof DaybookEvents>(
    name: Name,
    listener: (event: DaybookEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** The position of the last entry. */
  head(): Promise<Position> {
    return this.journal.head()
  }

  /**
   * The entries of the log, oldest first, decoded.
   *
   * @throws TrimmedError when entries after `after` are no longer kept
   * @example
   * for await (const entry of daybook.entries({ collection: 'todos' })) console.log(entry.position, entry.ops)
   */
  entries(options: EntriesOptions = {}): AsyncGenerator<DecodedEntry, void> {
    const closed = this.#closed.signal
    const isTooLate = closed.aborted
    return lazyGenerator(async () => {
      if (isTooLate) throw new ClosedError()
      const { readDecoded } = await this.later.load()
      return readDecoded(this.journal, options, closed)
    })
  }

  /**
   * Keeps all mutations of a TanStack transaction, over any number of this daybook's collections, as one entry: all of
   * it or nothing. For the `mutationFn` of a transaction. Resolves when it is in the log and applied.
   *
   * @throws ForeignCollectionError when one of the collections is not kept by this daybook
   * @throws SchemaVersionError when a newer version of the app has migrated one of the collections
   * @throws SyncedCollectionError when one of the collections gets its rows from a source
   * @example
   * const transaction = createTransaction({ mutationFn: ({ transaction }) => daybook.commit(transaction) })
   */
  async commit(transaction: MutationsHolder): Promise<Position> {
    const mutations = transaction.mutations as readonly Mutation[]
    return this.#enter(() => this.later.run((code) => code.commit(this, mutations)))
  }

  /**
   * Does work in the context where a synced collection's source runs, which is this one from then on until the work is
   * done: the role of sync owner is taken over from whoever has it. Mutation handlers in the collection's options need no
   * call; it is for a `mutationFn` of one's own, and for `utils` that need the source, such as `awaitTxId`, `refetch` and
   * `writeInsert`.
   *
   * @throws ReadOnlyError when this handle cannot write; ClosedError; what the work throws
   * @example
   * const transaction = createTransaction({
   *   mutationFn: ({ transaction }) =>
   *     daybook.asSyncOwner(todos, async () => {
   *       await save(transaction.mutations)
   *       await todos.utils.refetch()
   *     }),
   * })
   */
  async asSyncOwner<T>(collection: object, work: () => T | Promise<T>): Promise<T> {
    return whereSourceRuns(collection, work)
  }

  /**
   * Appends changes as one entry, without a collection object. Resolves when it is in the log and applied to the
   * collections that are open.
   *
   * @throws UnkeepableValueError, InvalidKeyError, StorageFullError, ReadOnlyError, BusyError, ClosedError
   * @example
   * await daybook.write([{ op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'Buy milk' } }])
   */
  async write(ops: readonly Op[]): Promise<Position> {
    return this.#enter(() => this.later.run((code) => code.write(this, ops)))
  }

  /** The collections that the log has mentioned. */
  async collections(): Promise<CollectionInfo[]> {
    return (await this.#opened()).maintenance.collections()
  }

  /** Forgets a collection: its rows, its metadata, its schema version. Open collections with this id become empty. */
  async drop(collection: string): Promise<Position> {
    return this.#enter(() => this.later.run((code) => code.drop(this, collection)))
  }

  /** Sizes, positions and settings, and what was done since the opening. */
  async stats(): Promise<Stats> {
    const stats = await (await this.#opened()).maintenance.stats()
    return { ...stats, counters: { ...stats.counters, ...this.counters } }
  }

  /** Checks the log's invariants and the rows against a fold of the log. Reads only; appends go on meanwhile. */
  async verify(): Promise<Verification> {
    return (await this.#opened()).maintenance.verify()
  }

  /** Makes all row tables anew from the log, in one transaction; on failure they stay as they were.
   *
   * @throws RebuildImpossibleError when the beginning of the log was trimmed
   */
  async rebuild(): Promise<void> {
    await (await this.#opened()).maintenance.rebuild()
  }

  /**
   * Writes a checkpoint and trims the log below it; appends go on meanwhile. Resolves with the checkpoint's position. With
   * `forget` the file is then made anew, so that no byte is left of what was deleted, overwritten or forgotten.
   *
   * @throws BusyError when another connection keeps its -wal from being emptied
   */
  async compact(options?: CompactOptions): Promise<Position> {
    return (await this.#opened()).journal.compact(options)
  }

  /**
   * Forgets rows: deletes them and blanks everything that the log says of them. The log stays whole and says that something
   * was blanked; whoever follows it sees the rows go. Afterwards `compact({ forget: true })` leaves no byte of them in the
   * file, their keys included.
   *
   * The source of a synced collection may send a row again: forget it there first.
   *
   * @throws InvalidKeyError, ReadOnlyError, BusyError
   * @example
   * await daybook.forget('people', ['ada'])
   * await daybook.compact({ forget: true })
   */
  async forget(collection: string, keys: readonly Key[]): Promise<Forgotten> {
    return this.#enter(() =>
      this.later.run(async (code) => code.forget(await this.#opening, collection, keys)),
    )
  }

  /** What {@link redact} would do, and nothing done. */
  async planRedaction(range: SeqRange): Promise<RedactionPlan> {
    return (await this.#opened()).maintenance.planRedaction(range)
  }

  /**
   * Blanks the values in the entries from a seq to a seq, both included. Rows stay as they are: those that have their
   * content from what is blanked are stated anew by an entry at the end. The log stays whole and says what was blanked.
   *
   * @throws InvalidOptionError, ReadOnlyError, BusyError
   * @example
   * const { restated } = await daybook.planRedaction({ from: 1, to: 20 })
   * await daybook.redact({ from: 1, to: 20 })
   */
  async redact(range: SeqRange): Promise<Redacted> {
    return this.#enter(async () => (await this.#opening).maintenance.redact(range))
  }

  /**
   * Copies the database to a new file, as it is at one moment, while everybody writes on. The copy is a daybook like any
   * other. It is at `path` when it is complete. Reads and writes of this process wait meanwhile where the binding is
   * synchronous.
   *
   * @throws FileExistsError, CannotOpenError, StorageFullError; UnsupportedError in the browser, which has no files
   * @example
   * await daybook.backup('app-monday.db')
   */
  async backup(path: string): Promise<void> {
    return this.#enter(() => this.later.run(async (code) => code.backup(await this.#opening, path)))
  }

  /**
   * Finishes what was asked for, mutation handlers under way included, then closes the database. From the call on
   * everything new rejects with ClosedError.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal */
  enter<T>(work: (commit: CommitMutations) => Promise<T>): Promise<T> {
    return this.#enter(() => work((mutations) => this.later.run((code) => code.keep(this, mutations))))
  }

  /** @internal */
  send(parts: readonly string[], requires: readonly Requirement[] = []): Sent {
    const transaction = this.#origin.transaction(parts, requires)
    return { transaction, kept: this.journal.append(transaction) }
  }

  /** @internal */
  async submit(op: Op): Promise<Position> {
    return this.later.run((code) => code.submit(this, op))
  }

  /** @internal */
  syncOwners(make: (parts: SyncOwnersParts) => SyncOwners): SyncOwners {
    if (this.#closing !== undefined) throw new ClosedError()
    this.#owners ??= make(this.#ownersParts)
    return this.#owners
  }

  /** @internal The page is looked at, or not any more. */
  protected seen(isSeen: boolean): void {
    if (!isSeen) {
      this.#owners?.hidden()
      return
    }
    this.tail.wake()
    this.#owners?.shown()
  }

  /** @internal This context is about to stand still: others are to have its roles. */
  protected suspend(): void {
    this.#owners?.suspend()
  }

  /** @internal It goes on, and catches up. */
  protected resume(): void {
    this.#owners?.resume()
    this.tail.wake()
  }

  /** @internal */
  report(error: unknown): void {
    if (this.#closing !== undefined && error instanceof ClosedError) return
    this.#events.emit('error', error)
  }

  /** @internal */
  emit<Name extends keyof DaybookEvents>(name: Name, event: DaybookEvents[Name]): void {
    this.trace?.({ type: name, ...(event as object) } as TraceEvent)
    this.#events.emit(name, event)
  }

  async #enter<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new ClosedError()
    const pending = work()
    this.#pending.add(pending)
    try {
      return await pending
    } finally {
      this.#pending.delete(pending)
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#pending)
    // What the owner has appended is kept before the next one begins.
    await this.#owners?.stop()
    this.#closed.abort()
    this.tail.stop()
    const opened = await this.#opening.catch(() => undefined)
    await opened?.journal.close()
  }

  async #opened(): Promise<OpenedDaybook> {
    if (this.#closing !== undefined) throw new ClosedError()
    return this.#opening
  }
}
