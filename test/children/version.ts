/**
 * One version of an app: `version FILE NAME VERSION COUNT`.
 *
 * Opens the collection `rows`, migrating what is older, and says of which versions its rows are. Then it inserts COUNT
 * rows of its own; when one is refused it waits until the collection is in error, and says why.
 */

import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

interface Row {
  id: string
  v: number
}

const [filename, name, version, count] = process.argv.slice(2) as [string, string, string, string]
const schemaVersion = Number(version)

let migrating = false
const daybook = openDaybook({ filename, retain: 'all' })
const rows = createCollection(
  persistedCollectionOptions({
    id: 'rows',
    persistence: daybook,
    getKey: (row: Row) => row.id,
    schemaVersion,
    migrate: (row, from) => {
      if (!migrating) say({ migrating: from })
      migrating = true
      if (row.v !== from) throw new Error(`row ${row.id} is of version ${row.v}`)
      return { ...row, v: schemaVersion }
    },
  }),
)
await rows.preload()
say({ ready: name, versions: [...new Set([...rows.values()].map(({ v }) => v))], size: rows.size })

for (let number = 1; number <= Number(count); number++) {
  const id = `${name}/${number}`
  try {
    await rows.insert({ id, v: schemaVersion }).isPersisted.promise
    say({ kept: id })
  } catch (error) {
    while (rows.status !== 'error') await new Promise((resolve) => setTimeout(resolve, 5))
    say({ refused: (error as { code?: string }).code, name: (error as Error).name })
    break
  }
  // A turn for the timers: others' entries arrive by one.
  if (number % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
}
await daybook.close()
say({ done: name })
process.exit(0)
