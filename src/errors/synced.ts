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

/** The rows of the collection are another source's now: another user's, for example. */
export class SourceIdentityError extends DaybookError {
  static override readonly code = 'DAYBOOK_SOURCE_IDENTITY'
  declare readonly code: 'DAYBOOK_SOURCE_IDENTITY'

  constructor(
    readonly collection: string,
    /** The identity of the source that the collection was opened with here. */
    readonly identity: string,
    /** The identity of the source that the rows are of. */
    readonly newest: string,
  ) {
    super(
      `Collection ${quote(collection)} was begun anew with another source (${quote(newest)}) than the one that it has here ` +
        `(${quote(identity)}): its rows are not shown here any more. Clean the collection up and make it with the options ` +
        'that are meant now, or give each source an id of its own.',
    )
  }
}

/** The collection was kept as one whose rows live in the daybook, and is opened as one with a source, or the reverse. */
export class CollectionKindError extends DaybookError {
  static override readonly code = 'DAYBOOK_COLLECTION_KIND'
  declare readonly code: 'DAYBOOK_COLLECTION_KIND'

  constructor(
    readonly collection: string,
    /** As what it is opened. */
    readonly opened: 'local-only' | 'synced',
  ) {
    super(
      opened === 'synced'
        ? `Collection ${quote(collection)} has rows that the app has written itself, and is opened with a source that knows ` +
            "nothing of them. Nothing was changed. Keep the source's rows under another id and hand the app's own to it, or " +
            `give them up first: await daybook.drop(${quote(collection)}).`
        : `Collection ${quote(collection)} has the rows of a source, and is opened without one. Nothing was changed. Use ` +
            'another id for rows that the app writes itself, or give up what was synced first: await ' +
            `daybook.drop(${quote(collection)}).`,
    )
  }
}
