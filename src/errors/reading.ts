/** Stored rows that cannot be read, or were not read yet. */

import { DaybookError } from './base.js'
import { describe, formatPath, messageOf, quote } from './words.js'

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

/** A row was inserted while the collection was loading, and its key turned out to be taken. */
export class KeyTakenError extends DaybookError {
  static override readonly code = 'DAYBOOK_KEY_TAKEN'
  declare readonly code: 'DAYBOOK_KEY_TAKEN'

  constructor(
    readonly collection: string,
    readonly key: string | number,
  ) {
    super(
      `Collection ${quote(collection)} already has a row ${describe(key)}; it was on disk when this insert was made, ` +
        'but not loaded yet. Await preload() first, or use update().',
    )
  }
}
