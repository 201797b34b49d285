/** Contends for the role of sync owner of a collection, as a synced collection does. */

import type { Daybook } from '../../src/index.js'
import type { SyncOwner } from '../../src/runtime/roles/sync-owner.js'
import { type OwnerListener, SyncOwners } from '../../src/runtime/roles/sync-owners.js'

export const contendFor = (daybook: Daybook, collection: string, listener: OwnerListener): SyncOwner =>
  daybook.syncOwners((parts) => new SyncOwners(parts)).contend(collection, listener)
