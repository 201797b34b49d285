/** The issues: rows of the server, kept by the daybook with the place up to which they were read. */

import { BasicIndex, createCollection, type SyncConfig } from '@tanstack/react-db'
import { persistedCollectionOptions } from 'daybook/browser'
import type { Cursor, Issue } from '../issue.js'
import { daybook } from './daybook.js'
import { Feed } from './feed.js'
import { followNetwork } from './network.js'

const sync: SyncConfig<Issue, string>['sync'] = (source) => {
  const { begin, write, commit, truncate, markReady, markError, metadata } = source
  const feed = new Feed({
    cursor: () => metadata?.collection.get('cursor') as Cursor | undefined,
    onMessage(message) {
      begin()
      if ('snapshot' in message) {
        truncate()
        for (const issue of message.snapshot) write({ type: 'insert', value: issue })
      } else {
        // An update has the fields that changed.
        for (const change of message.writes) write(change as Parameters<typeof write>[0])
      }
      metadata?.collection.set('cursor', message.cursor)
      commit()
      markReady()
      arrived(message.cursor)
    },
    onError: markError,
  })
  const unfollow = followNetwork((online) => {
    if (online) feed.open()
    else feed.close()
  })
  return () => {
    unfollow()
    feed.close()
  }
}

export const issues = createCollection(
  persistedCollectionOptions({
    id: 'issues',
    getKey: ({ id }: Issue) => id,
    sync: { sync, rowUpdateMode: 'partial' },
    persistence: daybook,
  }),
)
issues.createIndex((issue) => issue.id, { indexType: BasicIndex })

let newest: Cursor | undefined
let waiting: { readonly cursor: Cursor; readonly resolve: () => void }[] = []

const isThere = ({ log, seq }: Cursor): boolean =>
  newest !== undefined && (newest.log !== log || newest.seq >= seq)

function arrived(cursor: Cursor): void {
  newest = cursor
  const all = waiting
  waiting = []
  for (const each of all) {
    if (isThere(each.cursor)) each.resolve()
    else waiting.push(each)
  }
}

/** Resolves when this tab's source has read that far. */
export const readThrough = (cursor: Cursor): Promise<void> =>
  isThere(cursor) ? Promise.resolve() : new Promise((resolve) => waiting.push({ cursor, resolve }))
