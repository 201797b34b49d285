/** The sync config of a synced collection: the source's own, with a run of ours around each of its runs. */

import {
  type SyncConfig,
  withCollectionSyncConfigCleanup,
  withCollectionSyncConfigFactory,
} from '@tanstack/db'
import type { Key } from '../../../values/key.js'
import type { SyncParams } from '../core-state.js'
import { markSynced } from '../synced-mark.js'
import type { SyncedOptions, SyncedRun } from './synced-run.js'

type Config = SyncConfig<object, Key>

/** Hooks of a source: how it is bound to one collection, and what ends the binding. */
const FACTORY = Symbol.for('@tanstack/db.collectionSyncConfig.factory')
const CLEANUP = Symbol.for('@tanstack/db.collectionSyncConfig.cleanup')
interface Hooks {
  readonly [FACTORY]?: (source: Config, utilities: object, startSyncIfIdle: () => void) => Config
  readonly [CLEANUP]?: () => void
}

export function syncedSync(options: SyncedOptions): Config {
  const wrapped = around(options)
  const bind = (options.source as Hooks)[FACTORY]
  if (bind === undefined) return wrapped
  return withCollectionSyncConfigFactory<Config>(wrapped, (config, ...collection) => {
    // Somebody has wrapped it once more, and is to stay outside.
    if (config.sync !== wrapped.sync) return bind(config, ...collection)
    // The source is bound inside: it knows its collection by the view that we give it.
    const source = bind(options.source, ...collection)
    return withCollectionSyncConfigCleanup(around({ ...options, source }), () =>
      (source as Hooks)[CLEANUP]?.(),
    )
  })
}

const around = (options: SyncedOptions): Config =>
  markSynced({
    // Spread: adapters keep hooks of their own on it.
    ...options.source,
    // Rows are handed to core whole, whatever the source does.
    rowUpdateMode: 'full',
    sync: (params) => {
      const { cleanup, loaded } = begin(options, params)
      runs.set(params.collection, loaded)
      if (!options.onDemand) return { cleanup }
      return {
        cleanup,
        loadSubset: async (request) => (await loaded)?.loadSubset(request),
        unloadSubset: async (request) => (await loaded)?.unloadSubset(request),
      }
    },
  } satisfies Config)

/**
 * Begins a run. Its code is loaded by the first synced collection that starts: a page that has none does not download it.
 * Nothing runs when it is stopped before.
 */
function begin(options: SyncedOptions, core: SyncParams<object, Key>) {
  const { readiness } = options
  readiness.begin()
  let run: SyncedRun | undefined
  let isStopped = false
  const load = async () => {
    try {
      const { SyncedRun } = await import('./synced-run.js')
      if (!isStopped) run = new SyncedRun(options, core)
    } catch (error) {
      core.markError(error)
      readiness.show({ status: 'error', error })
    }
    return run
  }
  const cleanup = () => {
    isStopped = true
    return run?.stop()
  }
  return { loaded: load(), cleanup }
}

// The latest run of each collection object.
const runs = new WeakMap<object, Promise<SyncedRun | undefined>>()

/**
 * Does work that needs the collection's source to run in this context. A collection that is not started has no source to
 * wait for: the work is done at once.
 */
export async function whereSourceRuns<T>(collection: object, work: () => T | Promise<T>): Promise<T> {
  const run = await runs.get(collection)
  return run === undefined ? work() : run.whereSourceRuns(work)
}

/** A mutation handler of a source's options, called where the source runs: it waits for what the source confirms. */
export const handlerWhereSourceRuns =
  <P extends { readonly collection: object }, R>(handler: (params: P) => R | Promise<R>) =>
  (params: P): Promise<R> =>
    whereSourceRuns(params.collection, () => handler(params))
