/** Compacts a file from a process of its own when its parent says so: `compact FILE`. */

import { once } from 'node:events'
import { openDaybook } from 'daybook/node'

const daybook = openDaybook({ filename: process.argv[2] as string, retain: 'all' })
await daybook.ready
process.send?.('ready')
await once(process, 'message')
await daybook.compact()
await daybook.close()
process.disconnect()
