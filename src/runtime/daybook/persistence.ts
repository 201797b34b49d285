/** What keeps a collection, as an app sees it: `persistence: daybook` in the options. */

import type { Position } from '../../errors.js'
import type { Journal } from '../journal/journal.js'

/** A TanStack transaction, or the part of one that is to be kept. */
export interface MutationsHolder {
  readonly mutations: readonly object[]
}

export interface Persistence {
  /** The calls that everything is made of. */
  readonly journal: Journal
  /** Keeps all mutations of a transaction as one entry. */
  commit(transaction: MutationsHolder): Promise<Position>
}
