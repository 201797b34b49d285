/**
 * Local-only collections: insert, update and delete append to the log; the collection changes when the entry comes back
 * through the tail.
 */

import type { SyncConfig } from '@tanstack/db'
import { KeyTakenError } from '../../errors.js'
import type { Key } from '../../log/op.js'
import type { Persistence } from '../persistence.js'
import { acceptedRow, FollowingCollection, type SyncParams } from './follow.js'
import { type Mutation, opsOf } from './mutations.js'
import type { Readiness } from './readiness.js'

/** The part of TanStack's transaction that is needed here. */
export interface MutationsHolder {
  readonly mutations: readonly Mutation[]
}

export class LocalOnlyCollection<T extends object, TKey extends Key> {
  readonly #id: string
  readonly #persistence: Persistence
  readonly #readiness: Readiness
  /** The run under way; a collection that was cleaned up and is used again begins a new one. */
  #following: FollowingCollection<T, TKey> | undefined
  readonly sync: SyncConfig<T, TKey>

  constructor(id: string, persistence: Persistence, readiness: Readiness) {
    this.#id = id
    this.#persistence = persistence
    this.#readiness = readiness
    this.sync = { rowUpdateMode: 'full', sync: (params) => this.#start(params), getSyncMetadata: () => ({}) }
  }

  /** Appends the mutations of this collection as one entry; resolves when they are kept and applied. */
  readonly accept = async ({ mutations }: MutationsHolder): Promise<void> => {
    const own = mutations.filter(({ collection }) => collection.id === this.#id)
    if (own.length === 0) return
    await this.#refuseTakenKeys(own)
    await this.#persistence.write(opsOf(own))
  }

  #start(params: SyncParams<T, TKey>): () => void {
    this.#readiness.show({ status: 'loading' })
    const following = new FollowingCollection(this.#id, this.#persistence, params, {
      onReady: () => {
        params.markReady()
        this.#readiness.show({ status: 'ready' })
      },
      onError: (error) => {
        params.markError(error)
        this.#readiness.show({ status: 'error', error })
      },
    })
    this.#following = following
    return () => {
      following.stop()
      if (this.#following === following) this.#following = undefined
    }
  }

  // Core checks an insert against what is loaded. Before that, what is on disk must not be overwritten unseen.
  async #refuseTakenKeys(mutations: readonly Mutation[]): Promise<void> {
    if (this.#following?.isLoading !== true) return
    await this.#following.loaded
    for (const { type, key, collection } of mutations) {
      if (type === 'insert' && acceptedRow(collection as never, key as Key) !== undefined) {
        throw new KeyTakenError(this.#id, key as Key)
      }
    }
  }
}
