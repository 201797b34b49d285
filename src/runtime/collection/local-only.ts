/**
 * Local-only collections: insert, update and delete append to the log; the collection changes when the entry comes back
 * through the tail.
 */

import type { SyncConfig, SyncConfigRes } from '@tanstack/db'
import type { Key } from '../../values/key.js'
import type { MutationsHolder, Persistence } from '../persistence.js'
import type { SyncParams } from './core-writer.js'
import { FollowingCollection } from './follow.js'
import type { Mutation } from './mutations.js'
import type { OnDemand } from './on-demand.js'
import type { Readiness } from './readiness.js'

/** What a mutation handler of TanStack DB is called with. */
interface HandlerParams {
  readonly transaction: MutationsHolder
}

export class LocalOnlyCollection<T extends object, TKey extends Key> {
  readonly #id: string
  readonly #persistence: Persistence
  readonly #readiness: Readiness
  readonly #onDemand: boolean
  readonly sync: SyncConfig<T, TKey>

  constructor(id: string, persistence: Persistence, readiness: Readiness, onDemand: boolean) {
    this.#id = id
    this.#persistence = persistence
    this.#readiness = readiness
    this.#onDemand = onDemand
    this.sync = { rowUpdateMode: 'full', sync: (params) => this.#start(params), getSyncMetadata: () => ({}) }
  }

  /** A mutation handler: the user's own first, then the append. Its failure prevents the append. */
  handler<P extends HandlerParams>(
    users: ((params: P) => unknown) | undefined,
  ): (params: P) => Promise<unknown> {
    return (params) =>
      this.#persistence.enter(async (commit) => {
        const result = users && (await users(params))
        await commit(this.#own(params.transaction))
        return result
      })
  }

  /** Appends the mutations of this collection as one entry; resolves when they are kept and applied. */
  readonly accept = async (transaction: MutationsHolder): Promise<void> => {
    const own = this.#own(transaction)
    if (own.length > 0) await this.#persistence.enter((commit) => commit(own))
  }

  // Another daybook may keep a collection with the same id.
  #own({ mutations }: MutationsHolder): Mutation[] {
    return (mutations as readonly Mutation[]).filter(
      ({ collection }) => collection.id === this.#id && collection.config.persistence === this.#persistence,
    )
  }

  #start(params: SyncParams<T, TKey>): SyncConfigRes {
    const readiness = this.#readiness
    readiness.begin()
    let onDemand: OnDemand | undefined
    const fail = (error: unknown): void => {
      params.markError(error)
      readiness.show({ status: 'error', error })
    }
    const following = new FollowingCollection(
      this.#id,
      this.#persistence,
      params,
      {
        onReady: () => {
          params.markReady()
          readiness.show({ status: 'ready' })
        },
        onError: fail,
        onTouched: (key) => onDemand?.touched(key),
        onCleared: () => onDemand?.touched(),
      },
      { onDemand: this.#onDemand },
    )
    if (!this.#onDemand) return { cleanup: () => following.stop() }
    let isStopped = false
    const load = async (): Promise<void> => {
      const { OnDemand } = await this.#persistence.later.load()
      if (isStopped) return
      onDemand = new OnDemand({
        id: this.#id,
        persistence: this.#persistence,
        core: params as unknown as SyncParams<object, Key>,
        following: () => following as unknown as FollowingCollection<object, Key>,
      })
    }
    const loaded = load()
    loaded.catch(fail)
    return {
      loadSubset: async (request) => {
        await loaded
        await onDemand?.load(request)
      },
      cleanup: () => {
        isStopped = true
        onDemand?.stop()
        following.stop()
      },
    }
  }
}
