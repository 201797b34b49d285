/**
 * Writing: mutations of collections, or plain ops, become one transaction, which is sent until it is kept; whoever waits
 * finds it applied.
 */

import {
  ForeignCollectionError,
  InvalidOptionError,
  InvalidTransactionError,
  type Position,
  SyncedCollectionError,
} from '../errors.js'
import { encodeOps, type Op } from '../log/op.js'
import type { CollectionSchema } from './collection/migration.js'
import { type Mutation, opsOf } from './collection/mutations.js'
import { recordVersion } from './collection/raise-version.js'
import { requirementOf, schemaOf } from './collection/schema-version.js'
import { isSynced } from './collection/synced-mark.js'
import { refuseTakenKeys } from './collection/taken-keys.js'
import type { Persistence } from './persistence.js'

/**
 * Appends the mutations of a transaction that somebody else has made, all of it or nothing.
 *
 * @throws SyncedCollectionError, ForeignCollectionError, and what `keep` throws
 */
export async function commit(persistence: Persistence, mutations: readonly Mutation[]): Promise<Position> {
  for (const { collection } of mutations) {
    if (isSynced(collection.config)) throw new SyncedCollectionError(collection.id)
    if (collection.config.persistence !== persistence) throw new ForeignCollectionError(collection.id)
  }
  return keep(persistence, mutations)
}

/**
 * Appends mutations as one entry.
 *
 * @throws KeyTakenError, and what the log refuses
 */
export async function keep(persistence: Persistence, mutations: readonly Mutation[]): Promise<Position> {
  // Only where there is something to wait for: nobody is to come between.
  const looking = refuseTakenKeys(mutations)
  if (looking !== undefined) await looking
  return append(persistence, opsOf(mutations), schemasOf(mutations))
}

/** @throws InvalidTransactionError, and what the log refuses */
export async function write(persistence: Persistence, ops: readonly Op[]): Promise<Position> {
  if (!Array.isArray(ops)) throw new InvalidTransactionError('it is not an array of ops')
  return append(persistence, ops)
}

/** @throws InvalidOptionError, and what the log refuses */
export async function drop(persistence: Persistence, collection: string): Promise<Position> {
  if (typeof collection !== 'string' || collection === '') {
    throw new InvalidOptionError('collection', 'drop() needs the id of a collection.')
  }
  return append(persistence, [{ op: 'reset', collection }])
}

/** Appends an entry of this one op. Resolves when it is kept; it may not be applied yet. */
export const submit = async (persistence: Persistence, op: Op): Promise<Position> =>
  persistence.send(encodeOps([op])).kept

async function append(
  persistence: Persistence,
  ops: readonly Op[],
  schemas: readonly CollectionSchema[] = [],
): Promise<Position> {
  const { journal, tail } = persistence
  if (ops.length === 0) return journal.head()
  let { transaction, kept } = persistence.send(encodeOps(ops), schemas.map(requirementOf))
  let position: Position | undefined
  while (position === undefined) {
    try {
      position = await kept
    } catch (error) {
      // The first write of a collection says its version; then the same transaction is sent again.
      await recordVersion(persistence, schemas, error)
      kept = journal.append(transaction)
    }
  }
  await tail.until(position.seq, new Set(ops.map(({ collection }) => collection)))
  return position
}

/** What the collections of a transaction declare, each once. */
function schemasOf(mutations: readonly Mutation[]): CollectionSchema[] {
  const collections = new Map(mutations.map(({ collection }) => [collection.id, collection]))
  return Array.from(collections.values(), schemaOf)
}
