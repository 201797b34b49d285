/** Keys and values that cannot be kept. */

import { DaybookError } from './base.js'
import { describe, formatPath, quote } from './words.js'

/** A row key is neither a string nor a finite number. */
export class InvalidKeyError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_KEY'
  declare readonly code: 'DAYBOOK_INVALID_KEY'

  constructor(
    readonly collection: string,
    readonly key: unknown,
  ) {
    super(
      `Collection ${quote(collection)}: ${describe(key)} cannot be a row key. ` +
        'Return a string or a finite number from getKey.',
    )
  }
}

/** A value holds something that cannot be kept, such as a function. `path` leads to it. */
export class UnkeepableValueError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNKEEPABLE_VALUE'
  declare readonly code: 'DAYBOOK_UNKEEPABLE_VALUE'

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
  ) {
    super(
      `The value at ${formatPath(path)} cannot be kept: ${reason}. Remove it from the row or convert it before ` +
        'writing; nothing was written.',
    )
  }
}
