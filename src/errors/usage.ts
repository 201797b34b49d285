/** What an app asks for and cannot have as it asks for it. */

import { DaybookError } from './base.js'

/** The daybook was closed; nothing can be read or written through it any more. */
export class ClosedError extends DaybookError {
  static override readonly code = 'DAYBOOK_CLOSED'
  declare readonly code: 'DAYBOOK_CLOSED'

  constructor() {
    super('This daybook is closed. Open a new one with openDaybook() to read or write.')
  }
}

/** The database that this handle had open is gone: destroy() was called, here or in another context, or the file was replaced. */
export class DestroyedError extends DaybookError {
  static override readonly code = 'DAYBOOK_DESTROYED'
  declare readonly code: 'DAYBOOK_DESTROYED'

  constructor() {
    super(
      'This daybook was destroyed, here or in another context: nothing can be read or written through this handle any ' +
        'more, and a write that was under way is not kept. Open a new one with openDaybook(); it is empty.',
    )
  }
}

/** An option of openDaybook() or of a collection cannot be used as it is. */
export class InvalidOptionError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_OPTION'
  declare readonly code: 'DAYBOOK_INVALID_OPTION'

  constructor(
    readonly option: string,
    message: string,
  ) {
    super(message)
  }
}

/** A persisted collection was declared without an `id`. */
export class MissingCollectionIdError extends DaybookError {
  static override readonly code = 'DAYBOOK_MISSING_COLLECTION_ID'
  declare readonly code: 'DAYBOOK_MISSING_COLLECTION_ID'

  constructor() {
    super(
      'A persisted collection needs an `id`: without one its rows would be stored under a random name and not be ' +
        "found at the next start. Add e.g. `id: 'todos'` to persistedCollectionOptions({ … }).",
    )
  }
}
