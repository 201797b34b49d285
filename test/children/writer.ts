/**
 * One of several writers of one file: `writer FILE NAME COUNT`.
 *
 * Follows the collection `rows`. Told who writes, it inserts COUNT rows of its own and raises a field of its own in the
 * row that all share; then it waits until it has seen everything of everybody, and says what it sees.
 */

import { createInterface } from 'node:readline'
import { createCollection } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

const [filename, name, count] = process.argv.slice(2) as [string, string, string]

const daybook = openDaybook({ filename, retain: 'all' })
const rows = createCollection(
  persistedCollectionOptions({
    id: 'rows',
    persistence: daybook,
    getKey: (row: Record<string, unknown> & { id: string }) => row.id,
  }),
)
await rows.preload()
say({ ready: name })

const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const { writers, total } = JSON.parse((await commands.next()).value as string) as {
  writers: string[]
  total: number
}

for (let number = 1; number <= Number(count); number++) {
  await rows.insert({ id: `${name}/${number}`, by: name, number }).isPersisted.promise
  await rows.update('shared', (draft) => {
    draft[name] = number
  }).isPersisted.promise
  // A turn for the timers: others' entries arrive by one.
  if (number % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
}
say({ written: name })

// All rows are there, and the last word of each writer in the shared row.
const complete = (): boolean => {
  const shared: Record<string, unknown> = rows.get('shared') ?? {}
  return rows.size === total && writers.every((writer) => shared[writer] === Number(count))
}
while (!complete()) await new Promise((resolve) => setTimeout(resolve, 5))
say({
  sees: [...rows.values()]
    .map((row) => Object.fromEntries(Object.entries(row).filter(([field]) => !field.startsWith('$'))))
    .sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)),
})
await daybook.close()
process.exit(0)
