/** The entries of the log as this tab reads them, the newest first. */

import type { DecodedEntry } from 'daybook/browser'
import { daybook } from './daybook.js'
import { tabs } from './tabs.js'

/** How many are shown. */
const KEPT = 200

let shown: readonly DecodedEntry[] = []
const listeners = new Set<() => void>()

/** An array that stays the same until an entry comes. */
export const newestEntries = (): readonly DecodedEntry[] => shown

export function subscribeToLog(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export async function followLog(): Promise<void> {
  const head = await daybook.head()
  tabs.reached(head.seq)
  for await (const entry of daybook.entries({ after: head, follow: true })) {
    shown = [entry, ...shown].slice(0, KEPT)
    tabs.reached(entry.position.seq)
    for (const listener of listeners) listener()
  }
}
