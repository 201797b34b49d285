/**
 * Bytes on disk for a row after many inserts, each its own transaction, with the file closed (so the WAL is gone).
 * Daybook keeps the log beside the rows, by default 100,000 entries; the peer keeps 1,000 transactions. So the second
 * figure gives both the same log. A turn of the event loop lies between two inserts: trimming happens in the background.
 */

import { statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Case } from '../case.js'
import { todos } from '../rows.js'
import { openDaybookStore } from '../stores/daybook.js'
import { openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'

/** DEFAULT_APPLIED_TX_PRUNE_MAX_ROWS of the peer. */
const PEER_KEEPS = 1000

export const fileSize: Case = {
  figures: ['file-size', 'file-size-same-log'],
  warmUps: 0,
  async prepare(bench) {
    const rows = todos(bench.size(5000, 300))

    const fill = async (store: Store): Promise<void> => {
      for (const row of rows) {
        await store.insert(row)
        await setImmediate()
      }
    }
    const side = async (filename: string, open: (filename: string) => Promise<Store>): Promise<number> => {
      const store = await open(filename)
      await fill(store)
      await store.close()
      return statSync(filename).size / rows.length
    }
    return async (path) => {
      const ours = await side(path('ours.db'), openDaybookStore)
      const theirs = await side(path('peer.db'), openPeerStore)
      const retain = { entries: PEER_KEEPS }
      const short = await side(path('short-log.db'), (filename) => openDaybookStore(filename, { retain }))
      return [
        { figure: 'file-size', ours, theirs },
        { figure: 'file-size-same-log', ours: short, theirs },
      ]
    }
  },
}
