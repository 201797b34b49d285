/** What `daybook.stats()` and `daybook.collections()` answer. */

import type { Durability } from '../../drivers/settings.js'
import type { Position } from '../../errors.js'
import type { JournalCounters } from './meter.js'

export interface CollectionInfo {
  readonly id: string
  /** The table that a person can query with SQL. */
  readonly rowTable: string
  readonly rows: number
  readonly schemaVersion: number
}

/** What this handle has done since it was opened. */
export interface HandleCounters {
  /** Times that entries did not come by themselves and the log was read for them. */
  readonly catchUps: number
  /** Times that an open collection has read all its rows again. */
  readonly reloads: number
  /** In the browser: contexts that this page has known to lead, one after the other. Elsewhere 0. */
  readonly leaders: number
}

/**
 * Numbers since the opening. In the browser those of {@link JournalCounters} belong to the page that leads, whichever page
 * asks, and begin with 0 when another one does.
 */
export interface Counters extends JournalCounters, HandleCounters {}

/** What the context that has the database knows. */
export interface JournalStats {
  /** The database's own id. */
  readonly id: string
  readonly format: number
  readonly head: Position
  readonly floor: Position
  /** The seq through which the row tables are posted. */
  readonly cursor: number
  /** How many entries are kept. */
  readonly entries: number
  /** The length of their bodies, in UTF-16 code units. */
  readonly bodySize: number
  /** The size of the database file without its -wal, in bytes. */
  readonly fileBytes: number
  /** Pages of it that are free, in bytes. */
  readonly freeBytes: number
  readonly collections: readonly CollectionInfo[]
  readonly driver: string
  readonly sqliteVersion: string
  readonly durability: Durability
  readonly readonly: boolean
  readonly warnings: readonly string[]
  readonly counters: JournalCounters
}

export interface Stats extends JournalStats {
  readonly counters: Counters
}
