/**
 * What daybook does for one kind of source, beyond the protocol that TanStack DB has for all of them.
 *
 * An adapter belongs to one run of a collection; it is told when a session with the source begins.
 */

import type { SyncConfig } from '@tanstack/db'
import type { Key } from '../../../../values/key.js'
import type { SyncParams } from '../../core-state.js'
import type { Identified, Identity } from '../identity.js'

type Metadata = NonNullable<SyncParams<object, Key>['metadata']>

/** What an adapter may use of the run that it belongs to. */
export interface AdapterContext {
  readonly id: string
  readonly source: SyncConfig<object, Key>
  /** The source before it was bound to its collection. */
  readonly unbound: SyncConfig<object, Key>
  readonly utils: unknown
  /** The identity of the source, where the app gives one. */
  readonly identity: Identity
  readonly onDemand: boolean
  /** Metadata of the collection, as the log has it. */
  readonly nameOf: (name: string) => unknown
  /** Whether there are rows that came from the log and not from the source. */
  readonly hasRowsFromLog: () => boolean
}

/** What a source does with an update of a row that memory does not have. */
export type UnknownUpdate = 'is a row' | 'names fields'

/** All rows of the collection, or those of a subset. */
export type Answer = 'all rows' | 'a subset'

export interface SourceAdapter {
  /** Who the source is, and whether the rows on disk, of which `stored` is said, are its. */
  identify(stored: Identity): Promise<Identified>
  /** The identity that the source gives away by what it keeps among the collection's metadata. */
  identityIn?(name: string, value: unknown): Identity
  /** A session begins: the source is about to be started. */
  begin?(): void
  /** What the source is given as `metadata.persistence`; left out: daybook's capability. */
  readonly persistence?: null
  /** It deletes what was deleted upstream while nobody ran it. */
  readonly deletesWhatIsGone?: boolean
  /** Where rows are loaded by subset: the source goes on only when all that are on disk are in memory. */
  needsAllRows?(): boolean
  /** Where rows are loaded by subset: the source will neither go on from those on disk nor drop them. */
  leavesOldRows?(): boolean
  /** By setting this the source says that it knows its place in what is to come. */
  isPlace?(name: string, value: unknown): boolean
  /** The source finds every row that it looks for: it would drop changes of those that are only on disk. */
  readonly findsEveryRow?: boolean
  /** The source does not see rows of server rendering, and so says all of those that are so. */
  readonly hidesSeeds?: boolean
  /** With what the transaction that is about to be committed answers, if it is an answer; asked once for each. */
  takesAnswer?(): Answer | undefined
  /** After this error the source is to be started again, and will come right. */
  canBeginAgain?(error: unknown): boolean
  /** The source refuses a subset because it fetches all rows: the subset is there when the source is ready. */
  comesWithEverything?(error: unknown): boolean
  /** Metadata of rows is of no use to the source after a restart, and is not kept. */
  readonly forgetsRowMetadata?: boolean
  /** What is kept of a row's metadata. */
  keptMetadata?(metadata: unknown): unknown
  /** What the source is told of a row's metadata. */
  rowMetadata?(key: Key, metadata: unknown): unknown
  /** The session's source has said something of a row. */
  wrote?(key: Key): void
  /** A row came from the log that was not in memory. */
  arrived?(key: Key): void
  /**
   * Whether the source still stands for a row that came from the log. Left out: it does. When it has answered a subset,
   * rows of it for which it does not stand are gone.
   */
  isOwned?(key: Key, metadata: unknown): boolean
  /**
   * Calls about the collection's metadata that are answered here; nothing for the others. `isUnloading`: made while the
   * source gives a subset up.
   */
  get?(name: string, isUnloading: boolean): { readonly value: unknown } | undefined
  list?(prefix: string): ReturnType<Metadata['collection']['list']> | undefined
  /** Answers whether it has taken the change, so that it is not kept. */
  set?(name: string, value: unknown): boolean
  /** Left out: it names fields, unless the source's updates are whole rows. */
  unknownUpdate?(key: Key): UnknownUpdate
}
