/**
 * `localOnlyCollectionOptions(…)` of TanStack DB inside persistedCollectionOptions: its rows live in memory otherwise, so
 * the daybook takes their place. What is left of it are the app's handlers and its `initialData`, which it gives away only
 * to a sync.
 */

import type { SyncConfig, UtilsRecord } from '@tanstack/db'
import type { Key } from '../../../values/key.js'

interface MemoryOptions {
  readonly sync: SyncConfig<object, Key>
  readonly utils: UtilsRecord
  readonly getKey: (row: object) => Key
}

/** Whether options are those of `localOnlyCollectionOptions`: a sync that keeps what it accepts, in memory and nowhere else. */
export function isMemoryOptions(options: object): options is MemoryOptions {
  const { sync, utils } = options as Partial<MemoryOptions>
  return (
    typeof sync?.sync === 'function' &&
    sync.rowUpdateMode === 'full' &&
    typeof sync.getSyncMetadata === 'function' &&
    Object.keys(utils ?? {}).join() === 'acceptMutations'
  )
}

/** The rows that the options begin with. Their sync writes them into a collection that is not there. */
export function initialDataOf({ sync, getKey }: MemoryOptions): object[] {
  const rows: object[] = []
  const nothing = (): void => undefined
  const collection = {
    getKeyFromItem: getKey,
    _state: { pendingLocalChanges: new Set(), isLocalOnly: false, localOnlyDirectWrite: undefined },
  }
  const params = {
    collection,
    begin: nothing,
    write: ({ value }: { value: object }) => void rows.push(value),
    commit: nothing,
    markReady: nothing,
    markError: nothing,
    truncate: nothing,
  }
  sync.sync(params as never)
  // What its handlers hand to it from now on goes nowhere.
  params.write = nothing as never
  return rows
}
