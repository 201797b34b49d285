/** What befalls synced collections: their rows stay, and are as new as the last sync. */

import { DaybookError } from './base.js'
import { messageOf, quote } from './words.js'

/** The source of a synced collection failed while its rows on disk could be shown. */
export class SourceError extends DaybookError {
  static override readonly code = 'DAYBOOK_SOURCE'
  declare readonly code: 'DAYBOOK_SOURCE'

  constructor(
    readonly collection: string,
    options: { cause: unknown },
  ) {
    super(
      `The source of collection ${quote(collection)} failed: ${messageOf(options.cause)} The rows that were kept are ` +
        'shown and stay usable; they are as new as the last sync.',
      options,
    )
  }
}

/** The changes of a synced collection cannot be kept at present; its rows stay live in memory. */
export class NotPersistedError extends DaybookError {
  static override readonly code = 'DAYBOOK_NOT_PERSISTED'
  declare readonly code: 'DAYBOOK_NOT_PERSISTED'

  constructor(
    readonly collection: string,
    options: { cause: unknown },
  ) {
    super(
      `What the source of collection ${quote(collection)} sends is shown but cannot be kept: ` +
        `${messageOf(options.cause)} The rows and the resume token on disk stay as they were, together. daybook tries ` +
        'again by itself; what was missed is kept then, or sent again by the source after a restart.',
      options,
    )
  }
}

/** Somebody else has claimed the collection since: another context syncs it now. */
export class DeposedError extends DaybookError {
  static override readonly code = 'DAYBOOK_DEPOSED'
  declare readonly code: 'DAYBOOK_DEPOSED'

  constructor(
    readonly collection: string,
    /** The seq of the claim that the transaction was made under; 0 for none. */
    readonly claim: number,
    /** The seq of the newest claim; 0 when there is none. */
    readonly newestClaim: number,
  ) {
    super(
      `Collection ${quote(collection)} was claimed at seq ${newestClaim}, after the claim at seq ${claim} that this ` +
        'transaction was made under. Nothing was written; stop syncing the collection here, or claim it again.',
    )
  }
}
