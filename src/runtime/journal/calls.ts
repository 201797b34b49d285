/** The calls that a context makes of the one that has the database open: the journal's, and those about the whole of it. */

import type { Position } from '../../errors.js'
import type { Journal } from './journal.js'
import type { CollectionInfo, Stats } from './stats.js'
import type { Verification } from './verification.js'

/** A journal that can be compacted and closed. */
export interface OpenJournal extends Journal {
  /** Writes a checkpoint and trims the log below it. */
  compact(): Promise<Position>
  close(): Promise<void>
}

/** What only the context that has the database can do: look at the whole of it, check it, mend it. */
export interface MaintenanceCalls {
  /** Which database this is: an id that it got when it was created. */
  identity(): Promise<string>
  collections(): Promise<CollectionInfo[]>
  stats(): Promise<Stats>
  verify(): Promise<Verification>
  rebuild(): Promise<void>
}
