/**
 * Answers what another process writes: `echo FILE`. For every row that appears in `pings` it says at which moment (the
 * clock that all processes of a machine share, in ns) it saw the row.
 */

import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

const [filename] = process.argv.slice(2) as [string]

const daybook = openDaybook({ filename })
const pings = createCollection(
  persistedCollectionOptions({
    id: 'pings',
    persistence: daybook,
    getKey: (ping: { id: number }) => ping.id,
  }),
)
pings.subscribeChanges((changes) => {
  for (const { key } of changes) say({ saw: key, at: String(process.hrtime.bigint()) })
})
await pings.preload()
say({ ready: true })
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
