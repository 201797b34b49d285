/**
 * Schema versions: the rows of a collection have one, and the app that opens it declares one.
 *
 * What a row means is the app's business, so a migration runs up here: all rows are read at one position, turned into
 * the new version, and appended as one `schema` entry that requires the collection to be unchanged since. When somebody
 * was faster it is done again. So a migration is in the log whole or not at all, a rebuild needs no code of the app,
 * and an interrupted one has changed nothing.
 *
 * Where a collection has no rows nothing is written at first; the first write says the version (`recordVersion`).
 */

import {
  ChangedError,
  MigrationMissingError,
  ReadOnlyError,
  SchemaVersionError,
  StorageFullError,
} from '../../errors.js'
import type { Requirement } from '../../log/entry.js'
import { encodeOps, type Op } from '../../log/op.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Rows } from '../journal/journal.js'
import type { Persistence } from '../persistence.js'
import { type Migrate, type Migration, migratedParts } from './migration.js'
import type { MutatedCollection, Mutation } from './mutations.js'
import { isSynced } from './synced-mark.js'

/** The schema version that an app declares for a collection, and how older rows get there. */
export interface CollectionSchema {
  readonly collection: string
  readonly schemaVersion: number
  readonly migrate: Migrate | undefined
  readonly getKey: Migration['getKey']
  /** A source can send all rows again: without `migrate` they are dropped. Otherwise opening fails. */
  readonly refillable: boolean
}

/** What a collection declares in its options. */
export function schemaOf({ id, config }: MutatedCollection): CollectionSchema {
  const { schemaVersion = 1, migrate, getKey } = config
  const refillable = isSynced(config)
  // A source knows its keys best.
  return { collection: id, schemaVersion, migrate, getKey: refillable ? undefined : getKey, refillable }
}

/** What the collections of a transaction declare, each once. */
export function schemasOf(mutations: readonly Mutation[]): CollectionSchema[] {
  const collections = new Map(mutations.map(({ collection }) => [collection.id, collection]))
  return Array.from(collections.values(), schemaOf)
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
  persistence: Persistence,
  schema: CollectionSchema,
  query = (): Promise<Rows> => persistence.journal.query(schema.collection),
): Promise<Rows> {
  const { collection, schemaVersion: wanted } = schema
  for (;;) {
    const found = await query()
    if (found.schemaVersion === wanted) return found
    if (found.schemaVersion > wanted) throw new SchemaVersionError(collection, found.schemaVersion, wanted)
    // Closing waits for it.
    const empty = await persistence.enter(() => raise(persistence, schema, schema.refillable))
    if (empty !== undefined) return empty
  }
}

/**
 * After the refusal of a write because the log has an older version for one of these collections: says the version, or
 * migrates what somebody else has written meanwhile. Then the same transaction can be sent again.
 *
 * @throws the refusal when it is about anything else; MigrationMissingError, MigrationError
 */
export async function recordVersion(
  persistence: Persistence,
  schemas: readonly CollectionSchema[],
  refusal: unknown,
): Promise<void> {
  if (!(refusal instanceof SchemaVersionError) || refusal.found > refusal.wanted) throw refusal
  const schema = schemas.find(({ collection }) => collection === refusal.collection)
  if (schema === undefined) throw refusal
  await raise(persistence, schema, true)
}

/**
 * Brings older rows to the declared version. Where there are none it says the version if it is to `record` it; otherwise,
 * and where that cannot be written, it answers with what it found.
 */
async function raise(
  persistence: Persistence,
  schema: CollectionSchema,
  record: boolean,
): Promise<Rows | undefined> {
  const { collection, schemaVersion: to } = schema
  for (;;) {
    const found = await persistence.journal.query(collection)
    const { schemaVersion: from, at, rows } = found
    if (from >= to) return undefined
    const isEmpty = rows.length === 0
    if (isEmpty && !record) return found
    const { parts, resets } = bodyOf(schema, found)
    try {
      const requires: Requirement[] = [
        ['unchanged', collection, at.seq],
        ['schema', collection, from],
      ]
      await persistence.send(parts, requires).kept
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof ChangedError || error instanceof SchemaVersionError) continue
      const cannotWrite = error instanceof StorageFullError || error instanceof ReadOnlyError
      if (isEmpty && schema.refillable && cannotWrite) return found
      throw error
    }
    if (resets) persistence.emit('reset', { collection, from, to })
    return undefined
  }
}

interface Body {
  readonly parts: readonly string[]
  /** The rows and the metadata of the collection go. */
  readonly resets: boolean
}

/** @throws MigrationMissingError, MigrationError */
function bodyOf(schema: CollectionSchema, { rows, schemaVersion: from }: Rows): Body {
  const { collection, schemaVersion: to, migrate, getKey, refillable } = schema
  const version: Op = { op: 'schema', collection, from, to }
  if (rows.length === 0) return { parts: encodeOps([version]), resets: false }
  if (migrate !== undefined) {
    return { parts: migratedParts({ collection, from, to, migrate, getKey }, rows), resets: false }
  }
  if (!refillable) throw new MigrationMissingError(collection, from, to)
  return { parts: encodeOps([{ op: 'reset', collection }, version]), resets: true }
}
