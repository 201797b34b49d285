/** The options that say which version a collection's rows have, checked. */

import { InvalidOptionError } from '../../../errors.js'
import { isVersion } from '../../../log/version.js'
import type { MigratedRow } from './migration.js'

/**
 * What a collection says of the shape of its rows.
 *
 * @example
 * await daybook.write([{ op: 'put', collection: 'tasks', key: 1, value: { id: 1, title: 'Buy milk' } }])
 * const tasks = createCollection(persistedCollectionOptions({
 *   id: 'tasks',
 *   getKey: (task: { id: number; title: string; done: boolean }) => task.id,
 *   persistence: daybook,
 *   schemaVersion: 2,
 *   migrate: (task, fromVersion) => (fromVersion < 2 ? { ...task, done: false } : task),
 * }))
 * await tasks.preload()
 * tasks.get(1).done // false
 */
export interface SchemaVersionOptions<T> {
  /**
   * The version of the rows' shape: a whole number, by default 1. Raise it when the rows that are on disk do not fit the
   * app any more. Rows of an older version are migrated before the collection is ready; rows of a newer one are left
   * alone, and the collection does not open.
   */
  schemaVersion?: number | undefined
  /**
   * Turns a stored row of an older version into one of the present version; it may change the row it is given. It is
   * called for every row, in no particular order, perhaps more than once, and must answer at once. When it throws, nothing
   * is changed and the collection does not open.
   *
   * The new row's key is what `getKey` says; in a synced collection, it stays.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what an older version of the app has written, only its author knows
  migrate?: ((row: any, fromVersion: number, about: MigratedRow) => NoInfer<T>) | undefined
}

/** @throws InvalidOptionError */
export function checkSchemaVersion(
  id: string,
  { schemaVersion, migrate }: SchemaVersionOptions<unknown>,
): void {
  if (schemaVersion !== undefined && !isVersion(schemaVersion)) {
    throw new InvalidOptionError(
      'schemaVersion',
      `Collection ${JSON.stringify(id)}: \`schemaVersion\` must be a whole number from 1.`,
    )
  }
  if (migrate !== undefined && typeof migrate !== 'function') {
    throw new InvalidOptionError(
      'migrate',
      `Collection ${JSON.stringify(id)}: \`migrate\` must be a function: (row, fromVersion) => row.`,
    )
  }
}
