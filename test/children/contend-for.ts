/** Contends for the role of sync owner, as a synced collection does. No public call does it, so its code is found beside the package's entry. */

import type { Daybook } from 'daybook'

type Make = Parameters<Daybook['syncOwners']>[0]
type Owners = ReturnType<Make>

const file = new URL('./runtime/roles/sync-owners.js', import.meta.resolve('daybook'))
const { SyncOwners } = (await import(file.href)) as { SyncOwners: new (parts: Parameters<Make>[0]) => Owners }

export const contendFor = (
  daybook: Daybook,
  ...wanted: Parameters<Owners['contend']>
): ReturnType<Owners['contend']> => daybook.syncOwners((parts) => new SyncOwners(parts)).contend(...wanted)
