/** A daybook: the handle that an app holds. It only joins the parts; what they do is in their files. */

import {
  ClosedError,
  DestroyedError,
  InvalidOptionError,
  type Position,
  UnsupportedError,
} from '../../errors.js'
import type { Op } from '../../log/op.js'
import { type Codecs, NO_CODECS } from '../../values/codecs.js'
import type { Key } from '../../values/key.js'
import type { Clock } from '../clock.js'
import { commitMutations } from '../collections/keep.js'
import type { Mutation } from '../collections/mutations.js'
import { whereSourceRuns } from '../collections/synced/synced.js'
import type { CompactOptions } from '../journal/calls.js'
import type { Journal } from '../journal/journal.js'
import { OpeningJournal } from '../journal/opening.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from '../journal/redactions.js'
import type { CollectionInfo, Stats } from '../journal/stats.js'
import type { Verification } from '../journal/verification.js'
import type { Origin } from '../origin.js'
import { stayAlive } from '../stay-alive.js'
import { HandleOwners } from '../sync-owner/handle-owners.js'
import { openingLocks } from '../sync-owner/locks/locks.js'
import { Codec } from './codec.js'
import { Emitter } from './emitter.js'
import { type DecodedEntry, type EntriesOptions, readDecoded } from './entries.js'
import type { DaybookEvents } from './events.js'
import { type Internals, setInternals } from './internals.js'
import type { OpenedDaybook } from './opened.js'
import { writeOps } from './ops-write.js'
import { Pending, settlesWithin } from './pending.js'
import type { MutationsHolder, Persistence } from './persistence.js'
import { Presence } from './presence.js'
import { Tail } from './tail.js'
import type { Trace } from './trace.js'
import { traced } from './traced-journal.js'
import { Writer } from './writer.js'

export interface DaybookParts {
  /** Opens the database; called once, at once. `onDestroyed` is told when another context destroys it. */
  readonly open: (
    onError: (error: unknown) => void,
    trace: Trace | undefined,
    onDestroyed: (error: DestroyedError) => void,
  ) => Promise<OpenedDaybook>
  /**
   * Removes the database, which this handle has closed: that with the log of this id, or whatever is there when none was ever
   * opened. Left out where the database is not this handle's to remove.
   */
  readonly destroy?: (log: string | undefined) => Promise<void>
  readonly origin: Origin
  readonly clock: Clock
  /** What the app keeps with codecs of its own. */
  readonly codecs?: Codecs
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
  /** The calls that everything is made of. */
  readonly journal: Journal
  /** Resolves when the database is open; rejects with the reason when it cannot be opened. Every call waits for it. */
  readonly ready: Promise<void>
  readonly #opening: Promise<OpenedDaybook>
  readonly #internals: Internals
  readonly #closed = new AbortController()
  readonly #remove: DaybookParts['destroy']
  #closing: Promise<void> | undefined
  #ending: Promise<OpenedDaybook | undefined> | undefined
  /** What this handle had open exists no more. */
  #isGone = false
  #destroying: Promise<void> | undefined

  constructor(parts: DaybookParts) {
    const { open, origin, clock, codecs = NO_CODECS, trace, breathe, isHidden } = parts
    const { onUnheardWarning = () => undefined } = parts
    const pending = new Pending()
    const events = new Emitter({ onUnheardWarning, trace, isClosing: () => pending.isClosing })
    const counters = { catchUps: 0, reloads: 0, leaders: 0 }
    this.#remove = parts.destroy
    this.#opening = open(events.report, events.trace, (error) => void this.#destroyedElsewhere(error))
    this.ready = this.#opening.then(({ warnings, damage }) => {
      if (damage !== undefined) events.emit('damage', damage)
      for (const warning of warnings) events.emit('warning', warning)
    })
    // Nobody has to await `ready`: collections and calls are told themselves.
    this.ready.catch(() => undefined)
    const journal = new OpeningJournal(
      this.#opening.then(({ journal }) => (events.trace ? traced(journal, events.trace, clock) : journal)),
    )
    this.journal = journal
    const tail = new Tail({ journal, clock, onError: events.report, trace: events.trace, counters })
    const writer = new Writer({
      journal,
      tail,
      origin,
      clock,
      pending,
      warn: (warning) => events.emit('warning', warning),
    })
    tail.beforeApplying((entry) => writer.arriving(entry))
    const codec = new Codec(codecs)
    const locks = openingLocks(async () => (await this.#opening).locks())
    const owners = new HandleOwners(
      {
        locks,
        tail,
        clock,
        origin: origin.id,
        isHidden,
        append: (op) => writer.send(codec.encodeOps([op])).kept,
        onChange: (change) => events.emit('sync', change),
        onError: events.report,
      },
      pending,
    )
    this.#internals = {
      persistence: this,
      origin: origin.id,
      journal,
      tail,
      writer,
      codec,
      clock,
      pending,
      events,
      counters,
      breathe,
      owners,
      presence: new Presence({ origin: origin.id, board: journal, locks }),
    }
    setInternals(this, this.#internals)
  }

  /** Who this handle is in the log: the origin of the transactions it makes. */
  get origin(): string {
    return this.#internals.origin
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
    return this.#internals.events.on(name, listener)
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
    return readDecoded(this.journal, this.#internals.codec, options, this.#closed.signal)
  }

  /**
   * Keeps all mutations of a TanStack transaction, over any number of this daybook's collections, as one entry: all of
   * it or nothing. For the `mutationFn` of a transaction. Resolves when it is in the log and applied.
   *
   * @throws KeyTakenError when another context has inserted a key that the transaction inserts
   * @throws RowGoneError when another context has deleted a row that the transaction updates
   * @throws EarlierRefusedError when an earlier change of one of its rows was refused
   * @throws ForeignCollectionError when one of the collections is not kept by this daybook
   * @throws SchemaVersionError when a newer version of the app has migrated one of the collections
   * @throws SyncedCollectionError when one of the collections gets its rows from a source
   * @example
   * const transaction = createTransaction({ mutationFn: ({ transaction }) => daybook.commit(transaction) })
   */
  async commit(transaction: MutationsHolder): Promise<Position> {
    return commitMutations(this.#internals, transaction.mutations as readonly Mutation[])
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
    return writeOps(this.#internals, ops)
  }

  /** The collections that the log has mentioned. */
  async collections(): Promise<CollectionInfo[]> {
    return (await this.#opened()).maintenance.collections()
  }

  /** Forgets a collection: its rows, its metadata, its schema version. Open collections with this id become empty. */
  async drop(collection: string): Promise<Position> {
    if (typeof collection !== 'string' || collection === '') {
      throw new InvalidOptionError('collection', 'drop() needs the id of a collection.')
    }
    return writeOps(this.#internals, [{ op: 'reset', collection }])
  }

  /** Sizes, positions and settings, and what was done since the opening. */
  async stats(): Promise<Stats> {
    const stats = await (await this.#opened()).maintenance.stats()
    return { ...stats, counters: { ...stats.counters, ...this.#internals.counters } }
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
    if (typeof collection !== 'string') {
      throw new InvalidOptionError('collection', 'forget() needs the id of a collection.')
    }
    return this.#run(({ maintenance }) => maintenance.forget(collection, keys))
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
    return this.#run(({ maintenance }) => maintenance.redact(range))
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
    return this.#run(({ backup }) => {
      if (backup === undefined) throw new UnsupportedError('There are no files here to back up to.')
      return backup(path)
    })
  }

  /**
   * Finishes what was asked for, mutation handlers under way included, then closes the database. From the call on
   * everything new rejects with ClosedError.
   *
   * A handler that never ends is waited for `timeout` ms (default 10000). Then a `warning` names it, and what it was to
   * confirm is refused with ClosedError.
   *
   * @throws InvalidOptionError
   */
  close({ timeout = 10_000 }: { readonly timeout?: number } = {}): Promise<void> {
    if (typeof timeout !== 'number' || !(timeout >= 0)) {
      throw new InvalidOptionError('timeout', '`timeout` is a number of ms, from 0.')
    }
    this.#closing ??= stayAlive(this.#close(timeout))
    return this.#closing
  }

  /**
   * Wipes everything: for the moment when a user logs out. The database goes with all that daybook keeps beside it, also when it
   * could not be opened. Every other context that has it open is told: its handle ends, its collections are in `error`, and
   * its calls reject with DestroyedError. So do writes of this handle that are under way. `openDaybook()` then opens an empty
   * one. A handle that the app gave as `database` keeps the app's own tables.
   *
   * Twice does no harm: what is destroyed is the database that this handle has opened, not one that was made since.
   *
   * @throws BusyError when another process keeps a transaction open for longer than `busyTimeout`; ReadOnlyError,
   *   StorageIoError, NotADatabaseError, NoLeaderError; call it again then: this handle is closed, and what is left is still there
   * @example
   * await daybook.destroy()
   */
  destroy(): Promise<void> {
    this.#destroying ??= stayAlive(this.#destroy()).catch((error: unknown) => {
      this.#destroying = undefined
      throw error
    })
    return this.#destroying
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #run<T>(work: (opened: OpenedDaybook) => Promise<T>): Promise<T> {
    return this.#internals.pending.run(async () => work(await this.#opening))
  }

  async #close(timeout: number): Promise<void> {
    const { pending, writer, events, clock, tail, owners, presence } = this.#internals
    const finished = pending.close()
    const isInTime = writer.inHandlers.length === 0 || (await settlesWithin(timeout, finished, clock))
    if (!isInTime && writer.inHandlers.length > 0) {
      events.emit(
        'warning',
        `close() has waited ${timeout} ms for handlers that have not ended: ${writer.inHandlers.join(', ')}. What they ` +
          'were to confirm is not kept.',
      )
      writer.abandonHandlers(new ClosedError())
    }
    await finished
    // What the owner has appended is kept before the next one begins.
    await owners.stop()
    await presence.close()
    this.#closed.abort()
    tail.stop()
    const opened = await this.#opening.catch(() => undefined)
    await opened?.journal.close()
  }

  async #destroy(): Promise<void> {
    const opened = await this.#end(new DestroyedError())
    if (this.#isGone) return
    if (this.#remove === undefined) throw new UnsupportedError('This context cannot remove the database.')
    await this.#remove(opened?.journal.log)
    this.#isGone = true
    this.#internals.events.emit('destroyed', { here: true })
  }

  async #destroyedElsewhere(error: DestroyedError): Promise<void> {
    this.#isGone = true
    await this.#end(error)
    this.#internals.events.emit('destroyed', { here: false })
  }

  /** The database is gone, or about to be removed: nothing that is under way reaches it. Answers with what was open. */
  #end(error: DestroyedError): Promise<OpenedDaybook | undefined> {
    this.#ending ??= this.#letGo(error)
    return this.#ending
  }

  async #letGo(error: DestroyedError): Promise<OpenedDaybook | undefined> {
    const { pending, writer, tail, owners, presence } = this.#internals
    pending.end(error)
    writer.abandonHandlers(error)
    tail.fail(error)
    this.#closed.abort(error)
    const stopped = owners.stop()
    const opened = await this.#opening.catch(() => undefined)
    await opened?.journal.close(error)
    await stopped
    await presence.close()
    return opened
  }

  async #opened(): Promise<OpenedDaybook> {
    this.#internals.pending.check()
    return this.#opening
  }
}
