/**
 * The first sync of 50,000 rows, one transaction of a source, until the collection is ready: with a daybook around it and
 * without. `first-sync-50k-kept` also counts until everything is in the log.
 */

import { createCollection, type SyncConfig } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import type { Case } from '../case.js'
import { type Todo, todos } from '../rows.js'
import { milliseconds } from '../timing.js'

export const firstSync50k: Case = {
  figures: ['first-sync-50k', 'first-sync-50k-kept'],
  warmUps: 2,
  async prepare(bench) {
    const rows = todos(bench.size(50_000, 2000))
    // A source that has the rows at hand: what a network costs would hide the difference.
    const options = () => ({
      id: 'todos',
      getKey: (row: Todo) => row.id,
      sync: {
        sync: ({ begin, write, commit, markReady, metadata }) => {
          begin()
          for (const row of rows) write({ type: 'insert', value: row })
          metadata?.collection.set('token', rows.length)
          commit()
          markReady()
        },
      } satisfies SyncConfig<Todo, number>,
    })
    return async (path) => {
      const daybook = openDaybook({ filename: path('ours.db') })
      await daybook.ready
      const ours = createCollection(persistedCollectionOptions({ ...options(), persistence: daybook }))
      let kept = 0
      const ready = await milliseconds(async () => {
        await ours.preload()
      })
      kept = ready + (await milliseconds(() => settled(daybook, rows.length)))
      if (ours.size !== rows.length) throw new Error('Rows are missing.')
      await daybook.close()

      const memory = createCollection(options())
      const theirs = await milliseconds(() => memory.preload())
      return [
        { figure: 'first-sync-50k', ours: ready, theirs },
        { figure: 'first-sync-50k-kept', ours: kept, theirs },
      ]
    }
  },
}

/** Resolves when the log has the token. */
async function settled(daybook: ReturnType<typeof openDaybook>, token: number): Promise<void> {
  for (let at = { term: 0, seq: 0 }; ; ) {
    const answer = await daybook.journal.read(at)
    if (!('entries' in answer)) throw new Error('The log was trimmed.')
    if (answer.entries.some(({ parts }) => parts.at(-1)?.includes(`"token",${token}`) === true)) return
    at = answer.entries.at(-1)?.position ?? at
    await new Promise((resolve) => setImmediate(resolve))
  }
}
