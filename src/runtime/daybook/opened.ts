/** What opening a database gives a handle. */

import type { MaintenanceCalls, OpenJournal } from '../journal/calls.js'
import type { Locks } from '../sync-owner/locks/locks.js'
import type { DamageEvent } from './events.js'

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
