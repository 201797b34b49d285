/**
 * Schema versions: the rows of a collection have one, and the app that opens it declares one.
 *
 * What a row means is the app's business, so a migration runs up here: all rows are read at one position, turned into
 * the new version, and appended as one `schema` entry that requires the collection to be unchanged since. When somebody
 * was faster it is done again. So a migration is in the log whole or not at all, a rebuild needs no code of the app,
 * and an interrupted one has changed nothing.
 *
 * Where a collection has no rows nothing is written at first; the first write says the version (raise-version.ts).
 */

import type { Requirement } from '../../../log/entry.js'
import type { StoredOp } from '../../../log/stored-op.js'
import type { Internals } from '../../daybook/internals.js'
import type { Rows } from '../../journal/journal.js'
import type { MutatedCollection } from '../mutations.js'
import { isSynced } from '../synced-mark.js'
import type { CollectionSchema } from './migration.js'
import { raise } from './raise-version.js'

/** What a collection declares in its options. */
export function schemaOf({ id, config }: MutatedCollection): CollectionSchema {
  const { schemaVersion = 1, migrate, getKey } = config
  const refillable = isSynced(config)
  // A source knows its keys best.
  return { collection: id, schemaVersion, migrate, getKey: refillable ? undefined : getKey, refillable }
}

/** What every write of rows in this version requires. */
export const requirementOf = ({ collection, schemaVersion }: CollectionSchema): Requirement => [
  'schema',
  collection,
  schemaVersion,
]

/** The schema version of a collection after the ops of an entry that touch it. */
export function versionAfter(version: number, ops: readonly StoredOp[]): number {
  return ops.reduce((before, op) => {
    if (op[0] === 'schema') return op[3]
    return op[0] === 'reset' ? 1 : before
  }, version)
}

/**
 * The rows that `query` answers with (by default all), in the version that the app declares: migrated first where they
 * are older. The answer has an older version only where the collection has no rows.
 *
 * @throws SchemaVersionError when the rows are newer; MigrationMissingError, MigrationError when they cannot be migrated;
 *   nothing was changed then
 */
export async function queryAtVersion(
  internals: Internals,
  schema: CollectionSchema,
  query = (): Promise<Rows> => internals.journal.query(schema.collection),
): Promise<Rows> {
  for (;;) {
    const found = await query()
    if (found.schemaVersion === schema.schemaVersion) return found
    // Closing waits for it.
    const empty = await internals.pending.run(() => raise(internals, schema, schema.refillable))
    if (empty !== undefined) return empty
  }
}
