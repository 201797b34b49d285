/**
 * Asks an on-demand collection that does not fit into memory: `large FILE`. Says what it found, how many rows core holds
 * after each question, and how large its heap may become.
 */

import { getHeapStatistics } from 'node:v8'
import { BasicIndex, createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

interface Row {
  id: number
  rank: number
  name: string
  due: Date
}

const [filename] = process.argv.slice(2) as [string]
const daybook = openDaybook({ filename, retain: 'all' })
const rows = createCollection(
  persistedCollectionOptions({
    id: 'big',
    getKey: (row: Row) => row.id,
    persistence: daybook,
    syncMode: 'on-demand',
    autoIndex: 'eager',
    defaultIndexType: BasicIndex,
  }),
)
say({ limit: Math.round(getHeapStatistics().heap_size_limit / 2 ** 20) })

const page = createLiveQueryCollection((q) =>
  q
    .from({ row: rows })
    .orderBy(({ row }) => row.rank, 'desc')
    .limit(20),
)
await page.preload()
say({ page: page.toArray.map(({ rank }) => rank), loaded: rows.size })
for (let offset = 20; offset <= 200; offset += 20) {
  await page.utils.setWindow({ offset, limit: 20 })
}
say({ deep: page.toArray.map(({ rank }) => rank), loaded: rows.size })
await page.cleanup()

const one = createLiveQueryCollection((q) => q.from({ row: rows }).where(({ row }) => eq(row.id, 765_432)))
await one.preload()
say({ one: one.toArray.map(({ id, name, due }) => [id, name, due.toISOString()]), loaded: rows.size })
await daybook.close()
