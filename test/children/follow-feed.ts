/**
 * A process of an app with a synced collection: `follow-feed FILE NAME URL`. Its source polls a feed of changes over HTTP
 * and goes on from the token that it keeps with its rows. Says when its source starts, what rows it has when they
 * change, and closes when it is told to.
 */

import { createInterface } from 'node:readline'
import { createCollection, type SyncConfig } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { say } from './say.js'

interface Row {
  id: number
  version: number
}
interface Feed {
  token: number
  rows: Row[]
}

const [filename, name, url] = process.argv.slice(2) as [string, string, string]
const daybook = openDaybook({ filename, retain: 'all' })

const sync: SyncConfig<Row, number>['sync'] = ({ begin, write, commit, markReady, metadata }) => {
  let token = (metadata?.collection.get('token') as number | undefined) ?? 0
  const ended = new AbortController()
  say({ source: name, token })
  const poll = async (): Promise<void> => {
    for (;;) {
      const response = await fetch(`${url}/${name}/${token}`, { signal: ended.signal })
      const answer = (await response.json()) as Feed
      if (answer.token > token) {
        begin()
        for (const row of answer.rows) write({ type: 'update', value: row })
        token = answer.token
        metadata?.collection.set('token', token)
        commit()
      }
      markReady()
    }
  }
  poll().catch((error: unknown) => {
    if (!ended.signal.aborted) say({ failed: name, error: String(error) })
  })
  return () => ended.abort()
}

const rows = createCollection(
  persistedCollectionOptions({
    id: 'rows',
    getKey: (row: Row) => row.id,
    sync: { rowUpdateMode: 'full', sync },
    persistence: daybook,
  }),
)
rows.subscribeChanges(() => {
  const versions = [...rows.values()].map(({ version }) => version)
  say({ has: name, rows: rows.size, newest: Math.max(0, ...versions) })
})
await rows.preload()
say({ ready: name })

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== '"close"') continue
  await daybook.close()
  say({ closed: name })
  process.stdin.destroy()
  break
}
