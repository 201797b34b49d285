/** What a simulation is made of: one scenario is one history of a browser, and can be run again. */

import type { Durability } from '../../drivers/settings.js'
import type { FaultKind } from '../faulty-connection.js'
import type { Loss } from './virtual-disk.js'

/** What can be made to happen at a statement of whoever leads. */
export type StatementFault =
  | FaultKind
  /** The tab ends with its worker, before the statement or after it. */
  | 'tab crashes before'
  | 'tab crashes after'
  /** The tab stands still with its worker, after the statement, until it is thawed. */
  | 'tab freezes'
  /** Somebody else gets the lock, and the leader does not hear of it. */
  | 'lock is lost'
  /** It takes its time. */
  | 'slow'

/** One step of a history. `who` counts the tabs that are there, round and round. */
export type Happening =
  | { readonly do: 'open' }
  /** Rows of its own. */
  | { readonly do: 'write'; readonly who: number; readonly rows: number }
  /** One of few rows, that everybody changes: a field of it is set, or the row is made. */
  | { readonly do: 'set'; readonly who: number; readonly key: number; readonly field: number }
  | { readonly do: 'delete'; readonly who: number; readonly key: number }
  | {
      readonly do: 'leave' | 'crash' | 'killWorker' | 'cache' | 'restore' | 'thaw' | 'compact'
      readonly who: number
    }
  | { readonly do: 'freeze'; readonly who: number; readonly whole: boolean }
  | { readonly do: 'show'; readonly who: number; readonly visible: boolean }
  | { readonly do: 'time'; readonly ms: number }
  /** At the n-th statement from now, or the n-th that commits. */
  | {
      readonly do: 'fault'
      readonly fault: StatementFault
      readonly on: 'any' | 'commit'
      readonly at: number
    }
  | { readonly do: 'loseLock' }
  /** The power fails, now or at the n-th write to the disk. */
  | { readonly do: 'power'; readonly at: number; readonly loss: Loss; readonly dice: number }

export interface Scenario {
  /** A real file, or a disk that loses what was not synced when the power fails. */
  readonly storage: 'file' | 'disk'
  readonly durability: Durability
  /** The most tabs at once. */
  readonly contexts: number
  /** What happens to each message in turn, over and over: when it arrives, in ms, once for each number. */
  readonly fates: readonly (readonly number[])[]
  readonly happenings: readonly Happening[]
}
