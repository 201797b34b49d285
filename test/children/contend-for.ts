/** Contends for the role of sync owner, as a synced collection does. No public call does it. */

import type { Daybook } from 'daybook'
import type { internalsOf as InternalsOf } from '../../src/runtime/daybook/internals.js'
import type { SyncOwners } from '../../src/runtime/sync-owner/sync-owners.js'
import { packageCode } from './package-code.js'

const { SyncOwners: Owners } = await packageCode<{ SyncOwners: typeof SyncOwners }>(
  './runtime/sync-owner/sync-owners.js',
)

/** What is behind a handle. */
export const { internalsOf } = await packageCode<{ internalsOf: typeof InternalsOf }>(
  './runtime/daybook/internals.js',
)

export const contendFor = (
  daybook: Daybook,
  ...wanted: Parameters<SyncOwners['contend']>
): ReturnType<SyncOwners['contend']> =>
  internalsOf(daybook)
    .owners.get((parts) => new Owners(parts))
    .contend(...wanted)
