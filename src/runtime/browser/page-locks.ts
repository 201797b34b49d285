/** The locks that synced collections on a page contend for; a page without one does not load them. */

import { ContextLocks } from '../sync-owner/locks/context-locks.js'
import type { Locks } from '../sync-owner/locks/locks.js'
import type { LockManagerLike } from './surroundings.js'
import { webLocks } from './web-locks.js'

/** A database of this page alone is shared with nobody. */
export const pageLocks = (manager: LockManagerLike, name: string, isShared: boolean): Locks =>
  isShared ? webLocks(manager, name) : new ContextLocks()
