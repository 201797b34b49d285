/**
 * One transaction of 80,000 rows, until its promise resolves, in rows a second. Daybook posts rows later, so
 * `transaction-80k-closed` also counts what closing the file then has to do.
 */

import type { Case } from '../case.js'
import { openSides, type SideName } from '../sides.js'
import { loadPeer } from '../stores/peer.js'

export const transaction80k: Case = {
  figures: ['transaction-80k', 'transaction-80k-closed', 'transaction-80k-memory'],
  async prepare(bench) {
    await loadPeer()
    const count = bench.size(80_000, 2000)
    const measure = openSides()
    return async (path) => {
      const side = (name: SideName) =>
        measure({ side: name, filename: path(`${name}.db`), count, together: true })
      const ours = await side('daybook')
      const peer = await side('peer')
      const memory = await side('memory')
      return [
        { figure: 'transaction-80k', ours: ours.inserted, theirs: peer.inserted },
        { figure: 'transaction-80k-closed', ours: ours.closed, theirs: peer.closed },
        { figure: 'transaction-80k-memory', ours: ours.inserted, theirs: memory.inserted },
      ]
    }
  },
}
