/**
 * One transaction of 80,000 rows, until its promise resolves, in rows a second. Daybook posts rows later, so
 * `transaction-80k-closed` also counts what closing the file then has to do.
 */

import type { Case } from '../case.js'
import { todos } from '../rows.js'
import { openDaybookStore } from '../stores/daybook.js'
import { openMemoryStore } from '../stores/memory.js'
import { loadPeer, openPeerStore } from '../stores/peer.js'
import type { Store } from '../stores/store.js'
import { milliseconds, perSecond } from '../timing.js'

export const transaction80k: Case = {
  figures: ['transaction-80k', 'transaction-80k-closed', 'transaction-80k-memory'],
  async prepare(bench) {
    await loadPeer()
    const count = bench.size(80_000, 2000)
    const rows = todos(count)

    const side = async (store: Store) => {
      const inserted = await milliseconds(() => store.insert(rows))
      if (store.size !== count) throw new Error(`${store.size} of ${count} rows are there.`)
      const closed = inserted + (await milliseconds(() => store.close()))
      return { inserted: perSecond(count, inserted), closed: perSecond(count, closed) }
    }
    return async (path) => {
      const ours = await side(await openDaybookStore(path('ours.db')))
      const peer = await side(await openPeerStore(path('peer.db')))
      const memory = await side(await openMemoryStore())
      return [
        { figure: 'transaction-80k', ours: ours.inserted, theirs: peer.inserted },
        { figure: 'transaction-80k-closed', ours: ours.closed, theirs: peer.closed },
        { figure: 'transaction-80k-memory', ours: ours.inserted, theirs: memory.inserted },
      ]
    }
  },
}
