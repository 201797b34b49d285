/** What a worker of the browser opens: a file of the origin private file system, or memory. */

import type { Driver } from '../../drivers/driver.js'
import { currentFolder, isBeingDestroyed } from '../../drivers/opfs-folders.js'
import { openMemory, openOpfs, type WaSqlite } from '../../drivers/opfs-pool.js'
import { waSqliteDriver } from '../../drivers/wa-sqlite.js'
import { leadFrom } from './leader.js'
import { type WorkerSurroundings, workerSurroundings } from './surroundings.js'

/** Rare enough to be loaded when it is asked for. */
async function destroy(name: string): Promise<void> {
  const { destroyFolders } = await import('../../drivers/opfs-destroy.js')
  await destroyFolders(name)
}

/** What a worker does from its beginning to its end, on one of the wa-sqlite packages. */
export function leadOn(binding: WaSqlite): void {
  const open: WorkerSurroundings['open'] = async ({ storage, name, durability, onCorruption }, openOn) => {
    const settings = { durability, busyTimeout: 0 }
    if (storage === 'memory') return openOn(await waSqliteDriver(await openMemory(binding), settings))
    const driverIn = async (folder: string): Promise<Driver> =>
      waSqliteDriver(await openOpfs(binding, folder), settings)
    if (await isBeingDestroyed(name)) await destroy(name)
    if (onCorruption !== 'quarantine') return openOn(await driverIn(await currentFolder(name)))
    const { openOrQuarantineIn } = await import('./opfs-place.js')
    return openOrQuarantineIn(name, driverIn, openOn)
  }
  leadFrom(
    globalThis as never,
    workerSurroundings({
      open,
      destroy: async ({ storage, name }) => {
        if (storage === 'opfs') await destroy(name)
      },
    }),
  )
}
