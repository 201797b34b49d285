/**
 * The board: what contexts that have one database open say to each other, and nobody needs later. No entry of the log: a
 * context says something under a topic for as long as it means it.
 */

import type { Notice, Said } from '../../log/notices.js'
import type { Unsubscribe } from './journal.js'

export type { Notice, Said }

export interface Board {
  /**
   * Says something in place of what this origin said under the same topics before. `number` counts what it says, from 1; the
   * next is said when this one has been answered, so that a call which is repeated late changes nothing.
   */
  notify(origin: string, number: number, said: Said): Promise<void>
  /** Takes back everything that an origin has said. */
  silence(origin: string): Promise<void>
  /** What is said under the topics that begin with `prefix`. */
  notices(prefix: string): Promise<readonly Notice[]>
  /** Calls back when something may have been said. Too often does no harm; a call may be lost. */
  onNotice(listener: () => void): Unsubscribe
}
