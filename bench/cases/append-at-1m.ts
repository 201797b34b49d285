/** `journal.append` behind 1,000,000 entries, against the same behind 1,000: append is O(entry). */

import { copyFile } from 'node:fs/promises'
import { openDaybook } from 'daybook/node'
import type { Case } from '../case.js'
import { flush } from '../files.js'
import { longLog } from '../long-log.js'
import { todos } from '../rows.js'
import { milliseconds } from '../timing.js'
import { transactionOf } from '../transactions.js'

/** Entries of the short log. */
const SHORT = 1000

/** Appends before the clock starts: the pages that every append touches are read then. */
const WARM_UP = 50

export const appendAt1m: Case = {
  figures: ['append-at-1m'],
  async prepare(bench) {
    const long = await bench.longLog()
    const short = await longLog(bench.path('short.db'), SHORT)
    const rows = todos(bench.size(2000, 200) + WARM_UP)
    let round = 0

    /** Microseconds for one append. */
    const side = async (filename: string): Promise<number> => {
      const daybook = openDaybook({ filename, retain: 'all' })
      const appendAll = async (some: typeof rows): Promise<void> => {
        for (const row of some) await daybook.journal.append(transactionOf(`round-${round}`, row.id, row))
      }
      await appendAll(rows.slice(0, WARM_UP))
      const measured = rows.slice(WARM_UP)
      const ms = await milliseconds(() => appendAll(measured))
      await daybook.close()
      return (ms * 1000) / measured.length
    }
    return async (path) => {
      round++
      // The long log hardly grows by a round; the short one must not, so each round has a copy.
      const copy = path('copy.db')
      await copyFile(short, copy)
      await flush(copy)
      const ours = await side(long)
      const theirs = await side(copy)
      return [{ figure: 'append-at-1m', ours, theirs }]
    }
  },
}
