/** Stored values that cannot be read. */

import { DaybookError } from './base.js'
import { formatPath } from './path.js'

/** A stored row cannot be turned back into a value by this runtime. The other rows are not affected. */
export class UnreadableValueError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNREADABLE_VALUE'
  declare readonly code: 'DAYBOOK_UNREADABLE_VALUE'

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(
      `The stored value at ${formatPath(path)} cannot be read: ${reason}. It is still in the file; read it with a ` +
        'runtime that knows this type, or overwrite the row.',
      options,
    )
  }
}
