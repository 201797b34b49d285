/**
 * Another handle on the same file catches up with a transaction of 129 rows on a synced collection of 20,000: how many row
 * events reach its subscribers. The peer reloads the collection: an event for each of its rows.
 */

import { createCollection, type SyncConfig } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import type { Case } from '../case.js'
import { type Todo, todos } from '../rows.js'

const CHANGED = 129

export const catchUp: Case = {
  figures: ['catch-up-129'],
  warmUps: 0,
  async prepare(bench) {
    const rows = todos(bench.size(20_000, 2000))
    const step = Math.floor(rows.length / CHANGED)
    type Calls = Parameters<SyncConfig<Todo, number>['sync']>[0]

    return async (path) => {
      const filename = path('ours.db')
      // Nothing of a daybook keeps the process alive, and here one waits for the other.
      const alive = setInterval(() => undefined, 1000)
      let source: Calls | undefined
      const handle = async () => {
        const daybook = openDaybook({ filename })
        const collection = createCollection(
          persistedCollectionOptions({
            id: 'todos',
            getKey: (row: Todo) => row.id,
            persistence: daybook,
            sync: {
              sync: (calls: Calls) => {
                source = calls
                calls.begin()
                for (const value of rows) calls.write({ type: 'insert', value })
                calls.commit()
                calls.markReady()
              },
            },
          }),
        )
        await collection.preload()
        return { daybook, collection }
      }
      const owner = await handle()
      const other = await handle()
      while (other.collection.size < rows.length) await new Promise((resolve) => setTimeout(resolve, 5))
      let events = 0
      let arrived = false
      other.collection.subscribeChanges((changes) => {
        events += changes.length
        arrived ||= changes.some(({ value }) => value.title === 'the last one')
      })
      source?.begin()
      for (let count = 0; count < CHANGED; count++) {
        const row = rows[count * step] as Todo
        const title = count === CHANGED - 1 ? 'the last one' : 'changed'
        source?.write({ type: 'update', value: { ...row, title } })
      }
      source?.commit()
      while (!arrived) await new Promise((resolve) => setTimeout(resolve, 5))
      await other.daybook.close()
      await owner.daybook.close()
      clearInterval(alive)
      return [{ figure: 'catch-up-129', ours: events, theirs: CHANGED }]
    }
  },
}
