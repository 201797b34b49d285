/** What a collection left out because it cannot be read. */

import { DaybookError } from './base.js'
import { messageOf, quote } from './words.js'

/** One row of a collection could not be read; it was left out and everything else was loaded. */
export class UnreadableRowError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNREADABLE_ROW'
  declare readonly code: 'DAYBOOK_UNREADABLE_ROW'

  constructor(
    readonly collection: string,
    /** The key as JSON text, as it is stored. */
    readonly key: string,
    options: { cause: unknown },
  ) {
    super(
      `Row ${key} of collection ${quote(collection)} was left out because it cannot be read: ` +
        `${messageOf(options.cause)}`,
      options,
    )
  }
}

/** One piece of a collection's metadata could not be read; it was left out and everything else was loaded. */
export class UnreadableStateError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNREADABLE_STATE'
  declare readonly code: 'DAYBOOK_UNREADABLE_STATE'

  constructor(
    readonly collection: string,
    /** The name under which the source keeps it. */
    readonly stateName: string,
    options: { cause: unknown },
  ) {
    super(
      `The metadata ${quote(stateName)} of collection ${quote(collection)} was left out because it cannot be read: ` +
        `${messageOf(options.cause)} Its source starts without it, which for a resume token means a full snapshot.`,
      options,
    )
  }
}
