/** What was read of a damaged database, on its way into the new one. */

import type { StoredRow } from '../../../materializer/tables.js'
import type { ReadableCollection, ReadableTables } from './readable-rows.js'

export interface RestoringParts {
  readonly tables: ReadableTables
  /** The seqs of the entries that are kept. */
  readonly from: number
  readonly to: number
  /** What rows are made from: the log, rows that were read and then the log, or rows alone. */
  readonly base: 'log' | 'both' | 'rows'
}

/** What was read of a collection. */
export interface Found {
  readonly of: ReadableCollection
  /** Rows that the entries which are kept do not know. */
  readonly newer: StoredRow[]
  /** The keys of all rows that could be read, as JSON text. */
  readonly keys: Set<string>
  /** The keys of those without metadata that the entries which are kept have written. */
  readonly bare: Map<string, number>
  damaged: boolean
  restated: number
  lostMetadata: boolean
}

/** By collection. */
export type AllFound = Map<string, Found>
