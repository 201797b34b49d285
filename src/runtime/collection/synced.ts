/** The sync config of a synced collection: the source's own, with a run of ours around each of its runs. */

import type { SyncConfig } from '@tanstack/db'
import type { Key } from '../../values/key.js'
import { markSynced } from './synced-mark.js'
import { type SyncedOptions, SyncedRun } from './synced-run.js'

export const syncedSync = (options: SyncedOptions): SyncConfig<object, Key> =>
  markSynced({
    // Spread: adapters keep hooks of their own on it.
    ...options.source,
    // Rows are handed to core whole, whatever the source does.
    rowUpdateMode: 'full',
    sync: (params) => {
      const run = new SyncedRun(options, params)
      if (!options.onDemand) return { cleanup: () => run.stop() }
      return {
        cleanup: () => run.stop(),
        loadSubset: (request) => run.loadSubset(request),
        unloadSubset: (request) => run.unloadSubset(request),
      }
    },
  } satisfies SyncConfig<object, Key>)
