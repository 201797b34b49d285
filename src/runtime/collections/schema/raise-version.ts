/** Bringing the rows of a collection to a newer version, in one entry. */

import {
  ChangedError,
  MigrationMissingError,
  ReadOnlyError,
  SchemaVersionError,
  StorageFullError,
} from '../../../errors.js'
import type { Requirement } from '../../../log/entry.js'
import type { Op } from '../../../log/op.js'
import type { Codec } from '../../daybook/codec.js'
import type { Internals } from '../../daybook/internals.js'
import type { Rows } from '../../journal/journal.js'
import { type CollectionSchema, migratedParts } from './migration.js'

/**
 * Brings older rows to the declared version. Where there are none it says the version if it is to `record` it; otherwise,
 * and where that cannot be written, it answers with what it found.
 */
export async function raise(
  internals: Internals,
  schema: CollectionSchema,
  record: boolean,
): Promise<Rows | undefined> {
  const { collection, schemaVersion: to } = schema
  for (;;) {
    const found = await internals.journal.query(collection)
    const { schemaVersion: from, at, rows } = found
    if (from > to) throw new SchemaVersionError(collection, from, to)
    if (from === to) return undefined
    const isEmpty = rows.length === 0
    if (isEmpty && !record) return found
    const { parts, resets } = bodyOf(schema, internals.codec, found)
    try {
      const requires: Requirement[] = [
        ['unchanged', collection, at.seq],
        ['schema', collection, from],
      ]
      await internals.writer.send(parts, requires).kept
    } catch (error) {
      // Somebody else was faster.
      if (error instanceof ChangedError || error instanceof SchemaVersionError) continue
      const cannotWrite = error instanceof StorageFullError || error instanceof ReadOnlyError
      if (isEmpty && schema.refillable && cannotWrite) return found
      throw error
    }
    if (resets) internals.events.emit('reset', { collection, from, to })
    return undefined
  }
}

/**
 * After the refusal of a write because the log has an older version for one of these collections: says the version, or
 * migrates what somebody else has written meanwhile. Then the same transaction can be sent again.
 *
 * @throws the refusal when it is about anything else; MigrationMissingError, MigrationError
 */
export async function recordVersion(
  internals: Internals,
  schemas: readonly CollectionSchema[],
  refusal: unknown,
): Promise<void> {
  if (!(refusal instanceof SchemaVersionError) || refusal.found > refusal.wanted) throw refusal
  const schema = schemas.find(({ collection }) => collection === refusal.collection)
  if (schema === undefined) throw refusal
  await raise(internals, schema, true)
}

interface Body {
  readonly parts: readonly string[]
  /** The rows and the metadata of the collection go. */
  readonly resets: boolean
}

/** @throws MigrationMissingError, MigrationError */
function bodyOf(schema: CollectionSchema, codec: Codec, { rows, schemaVersion: from }: Rows): Body {
  const { collection, schemaVersion: to, migrate, getKey, refillable } = schema
  const version: Op = { op: 'schema', collection, from, to }
  if (rows.length === 0) return { parts: codec.encodeOps([version]), resets: false }
  if (migrate !== undefined) {
    return { parts: migratedParts({ collection, from, to, migrate, getKey }, codec, rows), resets: false }
  }
  if (!refillable) throw new MigrationMissingError(collection, from, to)
  return { parts: codec.encodeOps([{ op: 'reset', collection }, version]), resets: true }
}
