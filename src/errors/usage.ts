/** What an app asks for and cannot have as it asks for it. */

import { DaybookError } from './base.js'
import { quote } from './words.js'

/** The daybook was closed; nothing can be read or written through it any more. */
export class ClosedError extends DaybookError {
  static override readonly code = 'DAYBOOK_CLOSED'
  declare readonly code: 'DAYBOOK_CLOSED'

  constructor() {
    super('This daybook is closed. Open a new one with openDaybook() to read or write.')
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

/** A transaction was given to a daybook that does not keep one of its collections. */
export class ForeignCollectionError extends DaybookError {
  static override readonly code = 'DAYBOOK_FOREIGN_COLLECTION'
  declare readonly code: 'DAYBOOK_FOREIGN_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is not kept by this daybook, so this transaction cannot be committed here as ` +
        'one entry. Create the collection with persistedCollectionOptions({ persistence: daybook }), or commit only ' +
        'the mutations of collections that are.',
    )
  }
}

/** The rows of a synced collection come from its source: they cannot be written to the log beside it. */
export class SyncedCollectionError extends DaybookError {
  static override readonly code = 'DAYBOOK_SYNCED_COLLECTION'
  declare readonly code: 'DAYBOOK_SYNCED_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is synced: its rows come from its source, so daybook.commit() cannot keep ` +
        'changes to it. Send them to the source in onInsert, onUpdate and onDelete, or in the mutationFn.',
    )
  }
}

/** A transaction is not of the shape the log accepts (a bug of the caller, or a message from a foreign context). */
export class InvalidTransactionError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_TRANSACTION'
  declare readonly code: 'DAYBOOK_INVALID_TRANSACTION'

  constructor(readonly reason: string) {
    super(`This transaction was refused and nothing was written: ${reason}.`)
  }
}

/** Something is asked for that this version, or this runtime, cannot do. */
export class UnsupportedError extends DaybookError {
  static override readonly code = 'DAYBOOK_UNSUPPORTED'
  declare readonly code: 'DAYBOOK_UNSUPPORTED'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}
