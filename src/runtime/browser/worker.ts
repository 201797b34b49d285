/** What a worker of the browser opens: a file of the origin private file system, or memory. */

import { openMemory, openOpfs, type WaSqlite } from '../../drivers/opfs-pool.js'
import { waSqliteDriver } from '../../drivers/wa-sqlite.js'
import { leadFrom } from './leader.js'
import { workerSurroundings } from './surroundings.js'

/** What a worker does from its beginning to its end, on one of the wa-sqlite packages. */
export function leadOn(binding: WaSqlite): void {
  const surroundings = workerSurroundings(async ({ storage, name, durability }) => {
    const opened = storage === 'memory' ? await openMemory(binding) : await openOpfs(binding, name)
    return waSqliteDriver(opened, { durability, busyTimeout: 0 })
  })
  leadFrom(globalThis as never, surroundings)
}
