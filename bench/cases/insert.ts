/**
 * `collection.insert(row)`, awaited one by one until it is kept, against the peer and against memory only. Daybook posts
 * rows later, so `insert-closed` also counts what closing the file then has to do.
 */

import type { Case } from '../case.js'
import { todos } from '../rows.js'
import { openDaybookStore } from '../stores/daybook.js'
import { openMemoryStore } from '../stores/memory.js'
import { loadPeer, openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'
import { milliseconds, perSecond } from '../timing.js'

export const insert: Case = {
  figures: ['insert', 'insert-closed', 'insert-memory'],
  async prepare(bench) {
    await loadPeer()
    const count = bench.size(3000, 200)
    const rows = todos(count)

    const side = async (store: Store) => {
      const inserted = await milliseconds(async () => {
        for (const row of rows) await store.insert(row)
      })
      const closed = inserted + (await milliseconds(() => store.close()))
      return { inserted: perSecond(count, inserted), closed: perSecond(count, closed) }
    }
    return async (path) => {
      const ours = await side(await openDaybookStore(path('ours.db')))
      const peer = await side(await openPeerStore(path('peer.db')))
      const memory = await side(await openMemoryStore())
      return [
        { figure: 'insert', ours: ours.inserted, theirs: peer.inserted },
        { figure: 'insert-closed', ours: ours.closed, theirs: peer.closed },
        { figure: 'insert-memory', ours: ours.inserted, theirs: memory.inserted },
      ]
    }
  },
}
