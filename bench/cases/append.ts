/** `journal.append` of one row, awaited one by one, against the bare floor. Both sides make the text of the body. */

import { openDaybook } from 'daybook/node'
import type { Case } from '../case.js'
import { openFloor } from '../floor.js'
import { todos } from '../rows.js'
import { milliseconds, perSecond } from '../timing.js'
import { bodyOf, checkSameBytes, transactionOf } from '../transactions.js'

export const append: Case = {
  warmUps: 3,
  figures: ['append'],
  async prepare(bench) {
    checkSameBytes()
    const count = bench.size(3000, 300)
    const rows = todos(count)
    return async (path) => {
      const daybook = openDaybook({ filename: path('ours.db') })
      await daybook.ready
      const ours = await milliseconds(async () => {
        for (const row of rows) await daybook.journal.append(transactionOf('bench', row.id, row))
      })
      await daybook.close()

      const floor = openFloor(path('floor.db'))
      const theirs = await milliseconds(() => {
        for (const row of rows) floor.insert(bodyOf(row))
      })
      floor.close()
      return [{ figure: 'append', ours: perSecond(count, ours), theirs: perSecond(count, theirs) }]
    }
  },
}
