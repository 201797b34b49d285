/** Migrating rows: from all rows of one version to the body of the entry that replaces them by those of the next. */

import { MigrationError } from '../../../errors.js'
import type { Op } from '../../../log/op.js'
import type { StoredRow } from '../../../materializer/tables.js'
import { checkKey } from '../../../values/check-key.js'
import { decodeKey } from '../../../values/decode-key.js'
import type { Key } from '../../../values/key.js'
import type { Codec } from '../../daybook/codec.js'

/** What `migrate` is told besides the row. */
export interface MigratedRow {
  readonly key: Key
  /** What the source of a synced collection keeps with the row; it stays as it is. */
  readonly metadata: unknown
}

export type Migrate = (row: unknown, fromVersion: number, about: MigratedRow) => unknown

export interface Migration {
  readonly collection: string
  readonly from: number
  readonly to: number
  readonly migrate: Migrate
  /** Gives the new row its key; without it the row keeps the one it had. */
  readonly getKey: ((row: never) => unknown) | undefined
}

/** The schema version that an app declares for a collection, and how older rows get there. */
export interface CollectionSchema {
  readonly collection: string
  readonly schemaVersion: number
  readonly migrate: Migrate | undefined
  readonly getKey: Migration['getKey']
  /** A source can send all rows again: without `migrate` they are dropped. Otherwise opening fails. */
  readonly refillable: boolean
}

/**
 * The body of the `schema` entry, in parts.
 *
 * @throws MigrationError naming the row that could not be migrated
 */
export function migratedParts(
  migration: Migration,
  codec: Codec,
  rows: readonly StoredRow[],
): readonly string[] {
  const { collection, from, to } = migration
  let current = ''
  function* ops(): Generator<Op, void> {
    yield { op: 'schema', collection, from, to }
    yield { op: 'truncate', collection }
    const keys = new Set<Key>()
    for (const row of rows) {
      current = row.key
      const { key, value } = migrated(migration, codec, row)
      // Two rows under one key would be one.
      if (keys.has(key)) throw new Error(`another row has the key ${JSON.stringify(key)} already`)
      keys.add(key)
      yield { op: 'put', collection, key, value }
      if (row.metadata !== null) yield { op: 'meta', collection, key, value: metadataOf(codec, row) }
    }
  }
  try {
    // Each op is encoded as it comes: what fails concerns the row that is at hand.
    return codec.encodeOps(ops())
  } catch (cause) {
    throw new MigrationError(collection, current, from, to, { cause })
  }
}

function migrated(
  { collection, from, migrate, getKey }: Migration,
  codec: Codec,
  row: StoredRow,
): { key: Key; value: object } {
  const key = decodeKey(row.key)
  const metadata = metadataOf(codec, row)
  const value = migrate(codec.decodeTexts(row.value, row.notes), from, { key, metadata })
  if (isPromise(value)) {
    // That it fails as well is not what the user is to be told.
    value.then(undefined, () => undefined)
    throw new TypeError('migrate() returned a promise; return the row itself')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(
      `migrate() did not return a row but ${Array.isArray(value) ? 'an array' : String(value)}`,
    )
  }
  return { key: getKey === undefined ? key : checkKey(collection, getKey(value as never)), value }
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'

const metadataOf = (codec: Codec, row: StoredRow): unknown =>
  row.metadata === null ? undefined : codec.decodeTexts(row.metadata, row.metadata_notes)
