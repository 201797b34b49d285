/** A database with a log of many entries over few rows: only the length of its log differs from a small one. */

import { setImmediate } from 'node:timers/promises'
import { openDaybook } from 'daybook/node'
import { todo } from './rows.js'
import { transactionOf } from './transactions.js'

/** How many rows there are, however long the log is. */
const ROWS = 1000

/** Appends that are asked for in one turn. */
const TURN = 1000

/** Makes the file, closes it with the cursor at the head, and answers with its path. */
export async function longLog(filename: string, entries: number): Promise<string> {
  const daybook = openDaybook({ filename, retain: 'all' })
  for (let from = 0; from < entries; from += TURN) {
    const turn = Array.from({ length: Math.min(TURN, entries - from) }, (_, index) => {
      const originSeq = from + index + 1
      return daybook.journal.append(transactionOf('long-log', originSeq, todo(originSeq % ROWS)))
    })
    await Promise.all(turn)
    // Posting takes place in between, and whoever presses Ctrl-C is heard.
    await setImmediate()
  }
  await daybook.close()
  return filename
}
