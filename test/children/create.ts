/**
 * Opens a file that may not exist yet, at the moment it is told: `create FILE NAME`. Writes one row, and says who the
 * log's first entry is from.
 */

import { createInterface } from 'node:readline'
import { openDaybook } from 'daybook/node'
import { say } from './say.js'

const [filename, name] = process.argv.slice(2) as [string, string]

say({ ready: name })
const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
for (;;) {
  const { value, done } = await commands.next()
  if (done === true) break
  const { at, suffix } = JSON.parse(value as string) as { at: number; suffix: string }
  // All of them wait for the same moment.
  while (Date.now() < at);
  const daybook = openDaybook({ filename: `${filename}${suffix}` })
  try {
    await daybook.write([{ op: 'put', collection: 'rows', key: name, value: { id: name } }])
    const [first] = [await daybook.entries().next()]
    say({ wrote: suffix, firstOrigin: first.value?.origin })
  } catch (error) {
    say({ failed: suffix, error: String(error), code: (error as { code?: string }).code })
  }
  await daybook.close()
}
