/** What a local-only collection needs besides when it loads its rows by subset. */

import type { LoadSubsetOptions } from '@tanstack/db'
import { mirrorIndexes } from './indexes.js'
import { LoadedSubsets, type LoadedSubsetsOptions, NOT_NEWER } from './loaded-subsets.js'

export class OnDemand {
  readonly subsets: LoadedSubsets
  readonly #stopIndexes: () => void

  constructor(options: Omit<LoadedSubsetsOptions, 'newer'>) {
    const { id, internals, core } = options
    // What is in memory came from the log.
    this.subsets = new LoadedSubsets({ ...options, newer: () => NOT_NEWER })
    this.#stopIndexes = mirrorIndexes(id, internals, core.collection)
  }

  /** Answers `true` when there is nothing to load. */
  load(options: LoadSubsetOptions): true | Promise<void> {
    const request = this.subsets.want(options)
    return this.subsets.has(request) || this.subsets.load(request)
  }

  unload(options: LoadSubsetOptions): void {
    this.subsets.unload(options)
  }

  stop(): void {
    this.subsets.stop()
    this.#stopIndexes()
  }
}
