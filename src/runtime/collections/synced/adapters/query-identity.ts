/**
 * Which query a collection of @tanstack/query-db-collection is of: its `queryKey`, as the hash that Query makes of it. The
 * options do not show it. So the source is started on nothing, and stopped when it says which query it is about to use,
 * before it has made an observer or fetched anything.
 */

import type { SyncConfig, SyncConfigRes } from '@tanstack/db'
import type { Key } from '../../../../values/key.js'
import type { SyncParams } from '../../core-state.js'

type Source = SyncConfig<object, Key>

/** Begins the names of what Query keeps of a query that is not used any more. */
export const QUERY_NAMES = 'queryCollection:gc:'

/** How many microtasks an eager source may take until it uses its query. */
const TURNS = 10

// Asked before a collection's first session: state that all sessions of the options share is in use later.
const known = new WeakMap<Source['sync'], Promise<string | undefined>>()

/** The hash of the query, or of what the queries of all subsets begin with. Nothing for a source that uses none. */
export function queryIdentity({ sync }: Source, onDemand: boolean): Promise<string | undefined> {
  const before = known.get(sync)
  if (before !== undefined) return before
  const asked = ask(sync, onDemand)
  known.set(sync, asked)
  return asked
}

/** Ends the start of the source. */
class Known extends Error {}

async function ask(sync: Source['sync'], onDemand: boolean): Promise<string | undefined> {
  let query: string | undefined
  const onQuery = (name: string): undefined => {
    if (!name.startsWith(QUERY_NAMES)) return
    query ??= name.slice(QUERY_NAMES.length)
    throw new Known()
  }
  let run: SyncConfigRes
  try {
    run = sync(paramsOf(onQuery, onDemand)) as SyncConfigRes
  } catch {
    // It says so again when it is started.
    return undefined
  }
  if (onDemand) await loadNothing(run)
  for (let left = TURNS; query === undefined && left > 0; left--) await Promise.resolve()
  await run.cleanup?.()
  return query
}

async function loadNothing(run: SyncConfigRes): Promise<void> {
  try {
    await run.loadSubset?.({})
  } catch (error) {
    if (!(error instanceof Known)) throw error
  }
}

const nothing = (): undefined => undefined

/** An empty collection that nobody looks at. */
function paramsOf(onQuery: (name: string) => undefined, onDemand: boolean): SyncParams<object, Key> {
  // What Query left of a query makes it look for that first, so that an eager start ends where it can be stopped.
  const left = onDemand ? [] : [{ key: `${QUERY_NAMES}none`, value: undefined }]
  const params = {
    collection: {
      id: 'daybook',
      status: 'loading',
      subscriberCount: 0,
      deferDataRefresh: null,
      on: () => nothing,
      get: nothing,
      has: () => false,
      _state: {
        transactions: new Map(),
        syncedData: new Map(),
        syncedMetadata: new Map(),
        pendingSyncedTransactions: [],
        acceptedSyncedEntries: () => [],
        getAcceptedSyncedRow: nothing,
      },
    },
    begin: nothing,
    write: nothing,
    commit: () => true,
    truncate: nothing,
    markReady: nothing,
    markError: nothing,
    invalidateLoadedSubsets: nothing,
    metadata: {
      persistence: null,
      row: { get: nothing, set: nothing, delete: nothing },
      collection: { get: onQuery, set: nothing, delete: nothing, list: () => left },
    },
  }
  return params as unknown as SyncParams<object, Key>
}
