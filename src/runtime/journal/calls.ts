/** The calls that a context makes of the one that has the database open: the journal's, and those about the whole of it. */

import type { Position } from '../../errors.js'
import type { Key } from '../../values/key.js'
import type { Board } from './board.js'
import type { Journal } from './journal.js'
import type { Forgotten, Redacted, RedactionPlan, SeqRange } from './redactions.js'
import type { CollectionInfo, JournalStats } from './stats.js'
import type { Verification } from './verification.js'

export interface CompactOptions {
  /**
   * Also makes the file anew, so that no byte is left of what was deleted, overwritten, trimmed or forgotten. Needs about
   * as much free space as the file has, and appends wait meanwhile. Default false.
   */
  readonly forget?: boolean
}

/** A journal that can be compacted and closed, and the board beside it. */
export interface OpenJournal extends Journal, Board {
  /** The id of the log; unknown where a database is not watched for another one, and before a leader has answered. */
  readonly log: string | undefined
  /** Writes a checkpoint and trims the log below it. */
  compact(options?: CompactOptions): Promise<Position>
  /** Finishes what is under way; with a `refusal` nothing more reaches the log, and it rejects with that. */
  close(refusal?: Error): Promise<void>
}

/** What only the context that has the database can do: look at the whole of it, check it, mend it. */
export interface MaintenanceCalls {
  /** Which database this is: an id that it got when it was created. */
  identity(): Promise<string>
  collections(): Promise<CollectionInfo[]>
  stats(): Promise<JournalStats>
  verify(): Promise<Verification>
  rebuild(): Promise<void>
  planRedaction(range: SeqRange): Promise<RedactionPlan>
  redact(range: SeqRange): Promise<Redacted>
  forget(collection: string, keys: readonly Key[]): Promise<Forgotten>
}
