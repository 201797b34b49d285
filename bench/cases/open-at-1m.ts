/** Opening a file of 1,000,000 entries until its head is known, against one of 1,000; the cursor is at the head. */

import { openDaybook } from 'daybook/node'
import type { Case } from '../case.js'
import { longLog } from '../long-log.js'
import { collectGarbage } from '../timing.js'

const SHORT = 1000

export const openAt1m: Case = {
  figures: ['open-at-1m'],
  async prepare(bench) {
    const long = await bench.longLog()
    const short = await longLog(bench.path('short.db'), SHORT)
    const times = bench.size(20, 5)

    /** Milliseconds for one opening; the closing is not counted. */
    const side = async (filename: string): Promise<number> => {
      collectGarbage()
      let sum = 0
      for (let time = 0; time < times; time++) {
        const from = performance.now()
        const daybook = openDaybook({ filename, retain: 'all' })
        await daybook.ready
        await daybook.head()
        sum += performance.now() - from
        await daybook.close()
      }
      return sum / times
    }
    return async () => {
      const ours = await side(long)
      const theirs = await side(short)
      return [{ figure: 'open-at-1m', ours, theirs }]
    }
  },
}
