/**
 * `initialData` of a local-only collection: rows that it begins with. They are written once, by the first context, if the
 * log has never mentioned the collection; afterwards the log says what the rows are, and the app's changes are never undone.
 */

import { ChangedError, messageOf, SchemaVersionError } from '../../../errors.js'
import type { Op } from '../../../log/op.js'
import { checkKey } from '../../../values/check-key.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import { acceptedRow, seedKeys } from '../core-state.js'
import type { CollectionSchema } from '../schema/migration.js'

/** Rows that an app gives a collection to begin with. */
export interface InitialRows {
  /** Those in its options. */
  readonly given: readonly object[]
  readonly getKey: (row: never) => unknown
}

/** The rows by their keys: those in the options, and those that TanStack DB was given (`initialData`, `hydrate`). */
export function initialRows(
  collection: object,
  { given, getKey }: InitialRows,
  id: string,
): Map<Key, object> {
  const rows = new Map<Key, object>()
  for (const row of given) rows.set(checkKey(id, getKey(row as never)), row)
  for (const key of seedKeys(collection)) rows.set(key, acceptedRow(collection, key) as object)
  return rows
}

/** Writes the rows if the log has never mentioned the collection. Resolves when it is known whether it has. */
export async function writeInitialData(
  { writer, codec, pending, events }: Internals,
  { collection, schemaVersion }: CollectionSchema,
  rows: ReadonlyMap<Key, object>,
): Promise<void> {
  const version: Op[] = schemaVersion === 1 ? [] : [{ op: 'schema', collection, from: 1, to: schemaVersion }]
  const puts = Array.from(rows, ([key, value]): Op => ({ op: 'put', collection, key, value }))
  const parts = codec.encodeOps([...version, ...puts])
  try {
    await pending.run(
      () =>
        writer.send(parts, [
          ['unchanged', collection, 0],
          ['schema', collection, 1],
        ]).kept,
    )
  } catch (error) {
    if (error instanceof ChangedError || error instanceof SchemaVersionError) return
    // A database that takes no writes: the rows are shown all the same.
    events.emit(
      'warning',
      `The initialData of collection ${JSON.stringify(collection)} is shown, and was not written: ${messageOf(error)} It is ` +
        'written at the next start, if nothing else was by then.',
    )
  }
}
