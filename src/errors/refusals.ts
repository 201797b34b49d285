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
