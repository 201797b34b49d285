/** Files and streams that go from one daybook to another. */

import { DaybookError } from './base.js'
import type { Position } from './position.js'

/** A file is to be made where there is one already. */
export class FileExistsError extends DaybookError {
  static override readonly code = 'DAYBOOK_FILE_EXISTS'
  declare readonly code: 'DAYBOOK_FILE_EXISTS'

  constructor(readonly path: string) {
    super(
      `There is a file at ${path} already; it was not touched. Give another path, or move that file away.`,
    )
  }
}

/** The target of an import has other content than what is imported. */
export class ImportConflictError extends DaybookError {
  static override readonly code = 'DAYBOOK_IMPORT_CONFLICT'
  declare readonly code: 'DAYBOOK_IMPORT_CONFLICT'

  constructor(
    readonly reason: string,
    /** Where the two logs part, if they ever were one. */
    readonly position?: Position,
  ) {
    super(
      `The target has other content: ${reason}. It was not changed by this. Import into a new file, or import rows ` +
        'instead of entries.',
    )
  }
}

/** What is imported is not an export, or not all of one. */
export class InvalidImportError extends DaybookError {
  static override readonly code = 'DAYBOOK_INVALID_IMPORT'
  declare readonly code: 'DAYBOOK_INVALID_IMPORT'

  constructor(
    /** Counted from 1. */
    readonly line: number,
    readonly reason: string,
  ) {
    super(
      `Line ${line} of the import cannot be used: ${reason}. Make the export again, or look at that line.`,
    )
  }
}
