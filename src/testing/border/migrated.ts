/** What an app of the machine makes of rows of an older schema version. */

import type { Row } from './values.js'

/** A row that was migrated says to which version. */
type Migrated = Row & { readonly m?: number }

/** `migrate` of an app that declares this version. */
export const migrated =
  (version: number) =>
  (row: Row): Migrated => ({ ...row, m: version })
