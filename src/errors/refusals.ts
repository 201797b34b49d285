/** What the log does not take, because of what is in it. */

import { DaybookError } from './base.js'
import { formatPosition, type Position } from './position.js'
import { quote } from './words.js'

/** The same (origin, origin seq) was appended before with other content. */
export class OriginConflictError extends DaybookError {
  static override readonly code = 'DAYBOOK_ORIGIN_CONFLICT'
  declare readonly code: 'DAYBOOK_ORIGIN_CONFLICT'

  constructor(
    readonly origin: string,
    readonly originSeq: number,
    readonly position: Position,
  ) {
    super(
      `Transaction ${originSeq} of origin ${origin} is already in the log at ${formatPosition(position)} with other ` +
        'content. Give a new transaction a new origin seq; repeat an old one unchanged.',
    )
  }
}

/** An append carried an older term than the log has: somebody else leads now. */
export class FencedError extends DaybookError {
  static override readonly code = 'DAYBOOK_FENCED'
  declare readonly code: 'DAYBOOK_FENCED'

  constructor(
    readonly term: number,
    readonly newestTerm: number,
  ) {
    super(
      `This writer led term ${term}, but term ${newestTerm} has begun. Nothing was written; send the transaction to ` +
        'the present leader with the same origin seq.',
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

/** The collection was changed after the position that the transaction was made at. Read it again and repeat. */
export class ChangedError extends DaybookError {
  static override readonly code = 'DAYBOOK_CHANGED'
  declare readonly code: 'DAYBOOK_CHANGED'

  constructor(
    readonly collection: string,
    /** The seq that the transaction was made at. */
    readonly at: number,
    /** The seq of an entry that touches the collection since. */
    readonly changed: number,
  ) {
    super(
      `Collection ${quote(collection)} was changed at seq ${changed}, after seq ${at} that this transaction was made ` +
        'at. Nothing was written; read the rows again and repeat.',
    )
  }
}

/** The rows of a collection have another schema version than this app declares. */
export class SchemaVersionError extends DaybookError {
  static override readonly code = 'DAYBOOK_SCHEMA_VERSION'
  declare readonly code: 'DAYBOOK_SCHEMA_VERSION'

  constructor(
    readonly collection: string,
    /** The version of the stored rows. */
    readonly found: number,
    /** The version that this app has. */
    readonly wanted: number,
  ) {
    super(
      `The rows of collection ${quote(collection)} have schema version ${found}, this app has version ${wanted}; ` +
        'nothing was written. ' +
        (found > wanted
          ? 'A newer version of the app has written them: update this one (reload the page, install the release).'
          : 'Open the collection with this version before you write to it: that migrates the rows.'),
    )
  }
}

/** Entries that were asked for have been trimmed; read rows instead and go on from their position. */
export class TrimmedError extends DaybookError {
  static override readonly code = 'DAYBOOK_TRIMMED'
  declare readonly code: 'DAYBOOK_TRIMMED'

  constructor(
    readonly after: Position,
    readonly floor: Position,
  ) {
    super(
      `The log no longer holds the entries after ${formatPosition(after)}: it begins at ${formatPosition(floor)}. ` +
        'Read the rows and go on from their position.',
    )
  }
}
