/** Rows of an older version that do not become newer ones. */

import { DaybookError } from './base.js'
import { messageOf, quote } from './words.js'

/** A local-only collection has rows of an older schema version, and the app does not say how to migrate them. */
export class MigrationMissingError extends DaybookError {
  static override readonly code = 'DAYBOOK_MIGRATION_MISSING'
  declare readonly code: 'DAYBOOK_MIGRATION_MISSING'

  constructor(
    readonly collection: string,
    /** The version of the stored rows. */
    readonly found: number,
    /** The version that this app has. */
    readonly wanted: number,
  ) {
    super(
      `Collection ${quote(collection)} has rows of schema version ${found}, this app declares version ${wanted} and no ` +
        '`migrate`. Nothing was changed. Add `migrate: (row, fromVersion) => …` to its options, which returns the row ' +
        `as version ${wanted} has it; or forget the rows with daybook.drop(${quote(collection)}).`,
    )
  }
}

/** A row could not be migrated to the schema version that the app declares. No row was changed. */
export class MigrationError extends DaybookError {
  static override readonly code = 'DAYBOOK_MIGRATION'
  declare readonly code: 'DAYBOOK_MIGRATION'

  constructor(
    readonly collection: string,
    /** The key as JSON text, as it is stored. */
    readonly key: string,
    readonly from: number,
    readonly to: number,
    options: { cause: unknown },
  ) {
    super(
      `Row ${key} of collection ${quote(collection)} could not be migrated from schema version ${from} to ${to}: ` +
        `${messageOf(options.cause)} Nothing was changed: all rows are still of version ${from}. Mend \`migrate\` and ` +
        'open the collection again.',
      options,
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
