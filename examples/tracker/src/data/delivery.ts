/** Brings the outbox to the server, one change after the other: in the tab that runs the source, while the network may be used. */

import { changes, inOrder, type KeptChange } from './changes.js'
import { daybook } from './daybook.js'
import { readThrough } from './issues.js'
import { followNetwork } from './network.js'

/** Between two tries, in ms. */
const RETRY = 1000

export function startDelivery(): void {
  let isOwner = false
  let isOnline = false
  let isRunning = false
  const next = (): KeptChange | undefined =>
    isOwner && isOnline
      ? changes.toArray.filter(({ refused }) => refused !== true).sort(inOrder)[0]
      : undefined
  const run = async () => {
    if (isRunning) return
    isRunning = true
    for (let change = next(); change !== undefined; change = next()) {
      const delivered = await deliver(change).catch(() => false)
      if (!delivered) await new Promise((resolve) => setTimeout(resolve, RETRY))
    }
    isRunning = false
  }
  daybook.on('sync', ({ collection, owner }) => {
    if (collection !== 'issues') return
    isOwner = owner
    void run()
  })
  followNetwork((online) => {
    isOnline = online
    void run()
  })
  changes.subscribeChanges(() => void run())
}

/** Sends it, waits for what it did to come back in the feed, and forgets it. It may have been sent before: the server knows its id. */
async function deliver(change: KeptChange): Promise<boolean> {
  const response = await fetch('/api/changes', { method: 'POST', body: JSON.stringify(change) })
  if (response.status === 410) {
    await changes.update(change.id, (kept) => Object.assign(kept, { refused: true })).isPersisted.promise
    return true
  }
  if (!response.ok) return false
  await readThrough(await response.json())
  if (changes.has(change.id)) await changes.delete(change.id).isPersisted.promise
  return true
}
