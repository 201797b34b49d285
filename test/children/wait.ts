/**
 * Two processes on one file, of which the first runs the source and the second waits: `wait FILE WHO MODE`. The second has nothing
 * pending but what it awaits. The source of the first answers when it is told to.
 */

import { createCollection, createLiveQueryCollection, type SyncConfig } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

const [filename, who, mode] = process.argv.slice(2) as [string, 'first' | 'second', string]
const daybook = openDaybook({ filename })

interface Row {
  id: number
}

/** Resolves when the parent says so. */
const told = new Promise<void>((resolve) => {
  if (who === 'first') process.stdin.once('data', () => resolve())
})

const sync: SyncConfig<Row, number>['sync'] = ({ begin, write, commit, markReady }) => {
  const send = async (): Promise<void> => {
    say({ source: who })
    await told
    begin()
    write({ type: 'insert', value: { id: 1 } })
    commit()
  }
  if (mode !== 'on-demand') {
    void send().then(markReady)
    return
  }
  markReady()
  return { loadSubset: send }
}

const rows = createCollection(
  persistedCollectionOptions({
    id: 'rows',
    getKey: (row: Row) => row.id,
    sync: { sync },
    syncMode: mode === 'on-demand' ? 'on-demand' : 'eager',
    persistence: daybook,
  }),
)
const shown =
  mode === 'preload'
    ? rows
    : createLiveQueryCollection((query) => query.from({ rows }).select(({ rows }) => rows))
say({ waits: who })
await shown.preload()
say({ rows: shown.size })
if (who === 'first') {
  // It goes on until the other has what it waits for.
  process.stdin.once('data', async () => {
    await daybook.close()
    process.stdin.destroy()
  })
}
