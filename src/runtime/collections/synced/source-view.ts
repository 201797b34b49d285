/**
 * A collection as its source sees it: with the status that the source itself has given it, with the rows on disk that are
 * not shown yet, and with the subscribers that other contexts have.
 *
 * A persisted collection is ready before its source is. Query and Electric say that they failed only while the status
 * is `loading`; without this, nobody would be told.
 */

import type { CollectionStatus } from '@tanstack/db'
import type { Key } from '../../../values/key.js'
import { isSeed, type SyncParams, seedKeys } from '../core-state.js'
import type { HeldRows } from '../held-rows.js'

type Collection = SyncParams<object, Key>['collection']
type CoreState = Collection['_state']

/** What a source sees that is not so in core. */
export interface Seen {
  readonly status: () => CollectionStatus
  readonly held: () => HeldRows
  /** Whether other contexts need the source that runs here. */
  readonly isServing: () => boolean
  /** It finds every row that it looks for among the synced ones. */
  readonly findsEveryRow: boolean
  /** It does not see rows of server rendering. */
  readonly hidesSeeds: boolean
}

interface View {
  readonly collection: Collection
  seen: Seen
}

// One for each collection: sources remember collections by identity from session to session.
const views = new WeakMap<object, View>()

/** `isNew`: what the source remembers of an earlier session does not count any more. */
export function sourceView(collection: Collection, seen: Seen, isNew: boolean): Collection {
  const known = views.get(collection)
  if (known !== undefined && !isNew) {
    known.seen = seen
    return known.collection
  }
  const view: View = { seen, collection: viewOf(collection, () => view.seen) }
  views.set(collection, view)
  return view.collection
}

function viewOf(collection: Collection, seen: () => Seen): Collection {
  const state = stateView(collection, seen)
  const own: { [Name in keyof Collection]?: () => unknown } = {
    status: () => seen().status(),
    _state: () => state,
    subscriberCount: () => collection.subscriberCount + (seen().isServing() ? 1 : 0),
    get: () => (key: Key) => seen().held().get(key)?.row ?? collection.get(key),
    has: () => (key: Key) => seen().held().has(key) || collection.has(key),
    on: () => onOf(collection, seen),
  }
  return new Proxy(collection, {
    get: (target, name) => {
      const answer = own[name as keyof Collection]
      return answer === undefined ? Reflect.get(target, name, target) : answer()
    },
  })
}

function stateView(collection: Collection, seen: () => Seen): CoreState {
  const real = collection._state
  // Sources find rows that they may own by these; what else they ask for they ask of rows that they have found.
  const rows: { readonly [Name in keyof CoreState]?: () => unknown } = {
    getAcceptedSyncedRow: () => (key: Key) => {
      const row = seen().held().get(key)?.row
      if (row !== undefined || (seen().hidesSeeds && isSeed(collection, key))) return row
      return real.getAcceptedSyncedRow(key)
    },
    acceptedSyncedEntries: () => () => {
      const held = seen().held()
      const seeds = seen().hidesSeeds ? seedKeys(collection) : []
      if (held.size === 0 && seeds.length === 0) return real.acceptedSyncedEntries()
      const entries = new Map(real.acceptedSyncedEntries())
      for (const key of seeds) entries.delete(key)
      for (const [key, { row }] of held) entries.set(key, row)
      return entries.entries()
    },
  }
  const maps: { readonly [Name in keyof CoreState]?: () => unknown } = {
    syncedData: merged(
      () => real.syncedData,
      seen,
      ({ row }) => row,
    ),
    syncedMetadata: merged(
      () => real.syncedMetadata,
      seen,
      ({ metadata }) => metadata,
    ),
  }
  return new Proxy(real, {
    get: (target, name) => {
      if (name === 'syncedData' && seen().findsEveryRow) return findingEveryRow(target.syncedData)
      const own = rows[name as keyof CoreState] ?? maps[name as keyof CoreState]
      if (own !== undefined) return own()
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A map of core's that says of every key that it has it. */
const findingEveryRow = (map: CoreState['syncedData']): CoreState['syncedData'] =>
  new Proxy(map, {
    get: (target, name) => {
      if (name === 'has') return () => true
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

/** A map of core's; with the rows that are held in it, made once for as long as the same ones are. */
function merged(
  real: () => Iterable<readonly [Key, unknown]>,
  seen: () => Seen,
  part: (row: { readonly row: object; readonly metadata: unknown }) => unknown,
): () => Iterable<readonly [Key, unknown]> {
  let of: HeldRows | undefined
  let map: ReadonlyMap<Key, unknown> = new Map()
  return () => {
    const held = seen().held()
    if (held.size === 0) return real()
    if (of !== held) {
      of = held
      map = new Map([...real(), ...Array.from(held, ([key, row]) => [key, part(row)] as const)])
    }
    return map
  }
}

/** `collection.on`, with the subscribers of other contexts counted. */
function onOf(collection: Collection, seen: () => Seen): Collection['on'] {
  return ((name: 'subscribers:change', listener: (event: { subscriberCount: number }) => void) => {
    if (name !== 'subscribers:change') return collection.on(name, listener as never)
    return collection.on(name, (event) =>
      listener({ ...event, subscriberCount: event.subscriberCount + (seen().isServing() ? 1 : 0) }),
    )
  }) as Collection['on']
}
