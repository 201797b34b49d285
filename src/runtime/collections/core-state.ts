/**
 * What TanStack DB has in memory of a collection, in the words of the log: rows and metadata as they are once everything
 * that sync has handed over is visible. Core holds that back while a mutation persists.
 *
 * The only file that reads core's own state.
 */

import type { SyncConfig } from '@tanstack/db'
import type { Key } from '../../values/key.js'

export type SyncParams<T extends object, TKey extends Key> = Parameters<SyncConfig<T, TKey>['sync']>[0]

type Core = SyncParams<object, Key>['collection']

const stateOf = (collection: object): Core['_state'] => (collection as Core)._state

export const acceptedRow = <T extends object>(collection: object, key: Key): T | undefined =>
  stateOf(collection).getAcceptedSyncedRow(key) as T | undefined

/** All rows. */
export const acceptedRows = <T extends object>(collection: object): IterableIterator<[Key, T]> =>
  stateOf(collection).acceptedSyncedEntries() as IterableIterator<[Key, T]>

export function acceptedMetadata(collection: object, key: Key): unknown {
  const { pendingSyncedTransactions, syncedMetadata } = stateOf(collection)
  for (let at = pendingSyncedTransactions.length - 1; at >= 0; at--) {
    const { rowMetadataWrites, truncate } = pendingSyncedTransactions[at]!
    const write = rowMetadataWrites.get(key)
    if (write !== undefined) return write.type === 'set' ? write.value : undefined
    if (truncate) return undefined
  }
  return syncedMetadata.get(key)
}

/** Has core ask for each row whether something about it is still to come from sync, and the optimistic row to be shown on. */
export const setDeferredKeys = (collection: object, isDeferred: (key: Key) => boolean): void =>
  stateOf(collection).setDeferredSyncKeys(isDeferred)

/** A transaction of core's that sync has begun. */
export type CoreTransaction = Core['_state']['pendingSyncedTransactions'][number]

/** The transaction that was begun last, which core writes into. */
export const lastTransaction = (collection: object): CoreTransaction | undefined =>
  stateOf(collection).pendingSyncedTransactions.at(-1)

/**
 * Goes on with a transaction that is open. Those that were begun and committed since stay behind it for as long as core
 * holds them back, and it would write into the last of them.
 */
export function resumeTransaction(collection: object, open: CoreTransaction): void {
  const state = stateOf(collection)
  const { pendingSyncedTransactions: all } = state
  if (all.at(-1) === open || !all.includes(open)) return
  all.splice(all.indexOf(open), 1)
  all.push(open)
  state.refreshPendingSyncedProjection()
}

/** Computes anew what is optimistic. */
export const recompute = (collection: object): void => stateOf(collection).onTransactionStateChange()

/** Whether something that sync has handed over is not visible yet. */
export const hasHeld = (collection: object): boolean => stateOf(collection).hasHeldSyncTransaction()

/** Whether the row came by `initialData` or `hydrate`, and neither the log nor a source has said anything of it since. */
export function isSeed(collection: object, key: Key): boolean {
  const { hydrationSeedKeys, pendingSyncedTransactions } = stateOf(collection)
  // What is accepted and not visible yet has taken the mark away already.
  return (
    hydrationSeedKeys.has(key) &&
    !pendingSyncedTransactions.some(
      ({ committed, preserveHydrationSeedKeys, truncate, operations }) =>
        committed &&
        preserveHydrationSeedKeys !== true &&
        (truncate === true || operations.some((operation) => operation.key === key)),
    )
  )
}

/** The keys of all such rows. */
export const seedKeys = (collection: object): Key[] =>
  Array.from(stateOf(collection).hydrationSeedKeys).filter((key) => isSeed(collection, key))
