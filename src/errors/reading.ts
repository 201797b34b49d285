/** Stored values that cannot be read. */

import { DaybookError } from './base.js'
import { formatPath } from './path.js'
import { quote } from './words.js'

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

/** A stored value was kept by a codec (`codecs`) that this daybook does not have. The row is left out, and everything else is loaded. */
export class MissingCodecError extends DaybookError {
  static override readonly code = 'DAYBOOK_MISSING_CODEC'
  declare readonly code: 'DAYBOOK_MISSING_CODEC'
  readonly collection: string | undefined
  /** The key as JSON text, as it is stored. */
  readonly key: string | undefined
  /** The name of a piece of the collection's metadata. */
  readonly stateName: string | undefined

  constructor(
    /** The name of the codec. */
    readonly codec: string,
    { collection, key, stateName }: { collection?: string; key?: string; stateName?: string } = {},
  ) {
    const what = key === undefined ? `The metadata ${quote(stateName ?? '')}` : `Row ${key}`
    const which = collection === undefined ? 'A stored value' : `${what} of collection ${quote(collection)}`
    super(
      `${which} cannot be read: it was kept by the codec ${quote(codec)}, which this daybook does not have. Give ` +
        'openDaybook() a codec of this name (`codecs`). The value is still in the file.',
    )
    this.collection = collection
    this.key = key
    this.stateName = stateName
  }
}
