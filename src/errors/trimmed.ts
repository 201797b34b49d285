/** What a log cannot answer any more, because its beginning was trimmed. */

import { DaybookError } from './base.js'
import { formatPosition, type Position } from './position.js'

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

/** Row tables cannot be made anew from the log because its beginning was trimmed. */
export class RebuildImpossibleError extends DaybookError {
  static override readonly code = 'DAYBOOK_REBUILD_IMPOSSIBLE'
  declare readonly code: 'DAYBOOK_REBUILD_IMPOSSIBLE'

  constructor(readonly floor: Position) {
    super(
      `The log begins at ${formatPosition(floor)}; what was trimmed before it lives only in the row tables, so they ` +
        "cannot be rebuilt. Open with retain: 'all' where you need rebuilds from the first entry.",
    )
  }
}
