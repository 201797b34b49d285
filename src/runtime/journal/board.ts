/**
 * The board: what contexts that have one database open say to each other, and nobody needs later. No entry of the log: a
 * context says something under a topic for as long as it means it.
 */

import type { Notice } from '../../log/notices.js'
import type { Unsubscribe } from './journal.js'

export type { Notice }

export interface Board {
  /** Says something in place of what this origin said under the topic before; `undefined` takes it back. */
  notify(origin: string, topic: string, value: string | undefined): Promise<void>
  /** Takes back everything that an origin has said. */
  silence(origin: string): Promise<void>
  /** What is said under the topics that begin with `prefix`. */
  notices(prefix: string): Promise<readonly Notice[]>
  /** Calls back when something may have been said. Too often does no harm; a call may be lost. */
  onNotice(listener: () => void): Unsubscribe
}
