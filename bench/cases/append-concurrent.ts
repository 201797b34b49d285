/** A hundred appends asked for in one turn, again and again: the group commit, against the bare floor one by one. */

import { openDaybook } from 'daybook/node'
import type { Case } from '../case.js'
import { openFloor } from '../floor.js'
import { todos } from '../rows.js'
import { milliseconds, perSecond } from '../timing.js'
import { bodyOf, checkSameBytes, transactionOf } from '../transactions.js'

const TURN = 100

export const appendConcurrent: Case = {
  warmUps: 3,
  figures: ['append-concurrent'],
  async prepare(bench) {
    checkSameBytes()
    const count = bench.size(6000, 600)
    const rows = todos(count)
    return async (path) => {
      const daybook = openDaybook({ filename: path('ours.db') })
      await daybook.ready
      const ours = await milliseconds(async () => {
        for (let from = 0; from < count; from += TURN) {
          const turn = rows.slice(from, from + TURN)
          await Promise.all(turn.map((row) => daybook.journal.append(transactionOf('bench', row.id, row))))
        }
      })
      await daybook.close()

      const floor = openFloor(path('floor.db'))
      const theirs = await milliseconds(() => {
        for (const row of rows) floor.insert(bodyOf(row))
      })
      floor.close()
      return [{ figure: 'append-concurrent', ours: perSecond(count, ours), theirs: perSecond(count, theirs) }]
    }
  },
}
