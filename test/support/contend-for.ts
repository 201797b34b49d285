/** Contends for the role of sync owner of a collection, as a synced collection does. */

import type { Daybook } from '../../src/index.js'
import { internalsOf } from '../../src/runtime/daybook/internals.js'
import type { SyncOwner } from '../../src/runtime/sync-owner/sync-owner.js'
import { type OwnerListener, SyncOwners } from '../../src/runtime/sync-owner/sync-owners.js'

export const contendFor = (daybook: Daybook, collection: string, listener: OwnerListener): SyncOwner =>
  internalsOf(daybook)
    .owners.get((parts) => new SyncOwners(parts))
    .contend(collection, listener)
