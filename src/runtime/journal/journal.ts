/** The journal: the calls through which everything above the log reaches it. Never SQL. */

import type { Entry, Position, Transaction } from '../../log/entry.js'
import type { Entries } from '../../log/read.js'
import type { IndexChanges } from '../../materializer/indexes.js'
import type { Rows as PostedRows } from '../../materializer/query.js'
import type { Subset } from '../../materializer/subset/subset.js'

export type { Entries, Entry, IndexChanges, Position, Subset, Transaction }

/** Rows and metadata of a collection, their schema version, and the position at which all of it is the truth. */
export interface Rows extends PostedRows {
  readonly schemaVersion: number
}

/** Ends a subscription. */
export type Unsubscribe = () => void

export interface Journal {
  /**
   * Appends a transaction as one entry, or finds that it was appended before (same origin and origin seq). Resolves
   * when the entry is kept; safe to repeat.
   *
   * @throws FencedError, DeposedError, SchemaVersionError, ChangedError, OriginConflictError,
   *   InvalidTransactionError, StorageFullError, ReadOnlyError, BusyError, ClosedError; nothing was appended then
   */
  append(transaction: Transaction): Promise<Position>
  /** The position of the last entry. */
  head(): Promise<Position>
  /** Entries after a position, in order, by page; or `{ trimmed: floor }` when they are gone. */
  read(after: Position, limit?: number): Promise<Entries>
  /** The rows of a collection, or of a subset of it, and the position at which they are the truth. */
  query(collection: string, subset?: Subset): Promise<Rows>
  /** Creates and drops indexes on properties. They never change an answer; what is there already costs nothing. */
  index(collection: string, changes: IndexChanges): Promise<void>
  /**
   * Calls back with new entries, or with nothing but the position of the last one where they are large. A hint that is
   * also the data; the log is the truth: entries may come twice, late or not at all.
   */
  subscribe(listener: (entries: readonly Entry[], head?: Position) => void): Unsubscribe
}
