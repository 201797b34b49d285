/** What a local-only collection needs besides when it loads its rows by subset: few do, so a page loads it then. */

import type { Key } from '../../../values/key.js'
import { mirrorIndexes } from './indexes.js'
import { Subsets, type SubsetsOptions } from './subsets.js'

export class OnDemand {
  readonly #subsets: Subsets
  /** Ends the mirroring of indexes. */
  readonly stop: () => void

  constructor(options: Omit<SubsetsOptions, 'isUnkept'>) {
    const { id, internals, core } = options
    this.#subsets = new Subsets({ ...options, isUnkept: () => false })
    this.stop = mirrorIndexes(id, internals, core.collection)
  }

  touched(key?: Key): void {
    this.#subsets.touched(key)
  }

  async load(request: Parameters<Subsets['load']>[0]): Promise<void> {
    await this.#subsets.load(request)
  }
}
