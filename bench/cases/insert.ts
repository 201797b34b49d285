/**
 * `collection.insert(row)`, awaited one by one until it is kept, against the peer and against memory only. Daybook posts
 * rows later, so `insert-closed` also counts what closing the file then has to do.
 */

import type { Case } from '../case.js'
import { openSides, type SideName } from '../sides.js'
import { loadPeer } from '../stores/peer.js'

export const insert: Case = {
  warmUps: 3,
  figures: ['insert', 'insert-closed', 'insert-memory'],
  async prepare(bench) {
    await loadPeer()
    const count = bench.size(3000, 200)
    const measure = openSides()
    return async (path) => {
      const side = (name: SideName) =>
        measure({ side: name, filename: path(`${name}.db`), count, together: false })
      const ours = await side('daybook')
      const peer = await side('peer')
      const memory = await side('memory')
      return [
        { figure: 'insert', ours: ours.inserted, theirs: peer.inserted },
        { figure: 'insert-closed', ours: ours.closed, theirs: peer.closed },
        { figure: 'insert-memory', ours: ours.inserted, theirs: memory.inserted },
      ]
    }
  },
}
