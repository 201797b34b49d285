/**
 * Local-only collections: the daybook is where their rows live. Insert, update and delete append to the log; the
 * collection changes when the entry comes back through the tail.
 */

import type { SyncConfig, SyncConfigRes } from '@tanstack/db'
import { CollectionKindError } from '../../../errors.js'
import type { Key } from '../../../values/key.js'
import type { Internals } from '../../daybook/internals.js'
import type { MutationsHolder } from '../../daybook/persistence.js'
import type { SyncParams } from '../core-state.js'
import { FollowingCollection } from '../follow.js'
import { keep, keepAfter } from '../keep.js'
import { COMPLETE, IDENTITY } from '../metadata.js'
import type { MutatedCollection, Mutation } from '../mutations.js'
import { OnDemand } from '../on-demand/on-demand.js'
import type { Readiness } from '../readiness.js'
import { schemaOf } from '../schema/schema-version.js'
import { initialRows, writeInitialData } from './initial-data.js'

/** What a mutation handler of TanStack DB is called with. */
interface HandlerParams {
  readonly transaction: MutationsHolder
}

export interface LocalOnlyParts {
  readonly id: string
  readonly internals: Internals
  readonly readiness: Readiness
  /** Rows are loaded by subset. */
  readonly onDemand: boolean
  /** The rows that the app begins with, besides those that TanStack DB was given. */
  readonly initialData: () => readonly object[]
}

export class LocalOnlyCollection<T extends object, TKey extends Key> {
  readonly #id: string
  readonly #internals: Internals
  readonly #readiness: Readiness
  readonly #onDemand: boolean
  readonly #initialData: () => readonly object[]
  readonly sync: SyncConfig<T, TKey>

  constructor({ id, internals, readiness, onDemand, initialData }: LocalOnlyParts) {
    this.#id = id
    this.#internals = internals
    this.#readiness = readiness
    this.#onDemand = onDemand
    this.#initialData = initialData
    this.sync = { rowUpdateMode: 'full', sync: (params) => this.#start(params), getSyncMetadata: () => ({}) }
  }

  /** A mutation handler: the app's own first, then the append. Its failure prevents the append. */
  handler<P extends HandlerParams>(
    users: ((params: P) => unknown) | undefined,
  ): (params: P) => Promise<unknown> {
    return async (params) => {
      const own = this.#own(params.transaction)
      if (users !== undefined) return keepAfter(this.#internals, own, () => users(params))
      await keep(this.#internals, own)
    }
  }

  /** Appends the mutations of this collection as one entry; resolves when they are kept and applied. */
  readonly accept = async (transaction: MutationsHolder): Promise<void> => {
    const own = this.#own(transaction)
    if (own.length > 0) await keep(this.#internals, own)
  }

  // Another daybook may keep a collection with the same id.
  #own({ mutations }: MutationsHolder): Mutation[] {
    const { persistence } = this.#internals
    return (mutations as readonly Mutation[]).filter(
      ({ collection }) => collection.id === this.#id && collection.config.persistence === persistence,
    )
  }

  async #writeInitialData(collection: SyncParams<T, TKey>['collection']): Promise<void> {
    const { getKey } = collection.config
    const rows = initialRows(collection, { given: this.#initialData(), getKey: getKey as never }, this.#id)
    if (rows.size === 0) return
    const schema = schemaOf(collection as unknown as MutatedCollection)
    await writeInitialData(this.#internals, { ...schema, collection: this.#id }, rows)
  }

  #start(params: SyncParams<T, TKey>): SyncConfigRes {
    const readiness = this.#readiness
    readiness.begin()
    // Whoever made a row, it is this app's own, also after a restart: `$origin` is 'local'.
    params.collection._state.isLocalOnly = true
    const loads = this.#onDemand
      ? new OnDemand({
          id: this.#id,
          internals: this.#internals,
          core: params as unknown as SyncParams<object, Key>,
          following: () => following as unknown as FollowingCollection<object, Key>,
        })
      : undefined
    const following: FollowingCollection<T, TKey> = new FollowingCollection(
      this.#id,
      this.#internals,
      params,
      {
        accepts: async ({ names }) => {
          if (names.has(IDENTITY) || names.has(COMPLETE))
            throw new CollectionKindError(this.#id, 'local-only')
          return true
        },
        beforeLoading: () => this.#writeInitialData(params.collection),
        onReady: () => {
          params.markReady()
          readiness.show({ status: 'ready' })
        },
        onError: (error) => {
          params.markError(error)
          readiness.show({ status: 'error', error })
        },
      },
      { onDemand: loads?.subsets, seeds: 'go' },
    )
    if (loads === undefined) return { cleanup: () => following.stop() }
    return {
      loadSubset: (request) => loads.load(request),
      unloadSubset: (request) => loads.unload(request),
      cleanup: () => {
        loads.stop()
        following.stop()
      },
    }
  }
}
