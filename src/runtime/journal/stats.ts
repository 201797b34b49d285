/** What `daybook.stats()` and `daybook.collections()` answer. */

import type { Durability } from '../../drivers/settings.js'
import type { Position } from '../../errors.js'

export interface CollectionInfo {
  readonly id: string
  /** The table that a person can query with SQL. */
  readonly rowTable: string
  readonly rows: number
  readonly schemaVersion: number
}

export interface Stats {
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
}
