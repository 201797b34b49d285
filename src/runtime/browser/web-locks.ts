/** Locks among all contexts of one origin: the browser's own. */

import type { Lock, LockRequest, Locks } from '../sync-owner/locks/locks.js'
import type { LockManagerLike } from './surroundings.js'

/** The locks of the daybook of this name. */
export const webLocks = (manager: LockManagerLike, name: string): Locks => ({
  async isWanted(lock) {
    const { pending = [] } = await manager.query()
    return pending.some((request) => request.name === `daybook:${name}:${lock}`)
  },
  request: (lock, { signal, steal }: LockRequest) =>
    new Promise<Lock>((resolve, reject) => {
      let release = (): void => undefined
      let lose = (): void => undefined
      const held = new Promise<void>((done) => {
        release = done
      })
      const lost = new Promise<void>((done) => {
        lose = done
      })
      let granted = false
      manager
        // A request that steals cannot be given up.
        .request(`daybook:${name}:${lock}`, steal === true ? { steal } : { signal }, () => {
          granted = true
          resolve({ release, lost })
          return held
        })
        .catch((error: unknown) => {
          if (granted) lose()
          else reject(signal.aborted ? signal.reason : error)
        })
    }),
})
