/**
 * A restart of a synced collection with nothing new: its source sends all its rows once more. What is written must not
 * depend on how many there are: no row is written again.
 */

import { createCollection, type SyncConfig } from '@tanstack/db'
import { openDaybook, persistedCollectionOptions } from 'daybook/node'
import { bytesWritten } from '../bytes-written.js'
import type { Case } from '../case.js'
import { type Todo, todos } from '../rows.js'

export const resume: Case = {
  figures: ['resume-written'],
  warmUps: 0,
  async prepare(bench) {
    const many = todos(bench.size(20_000, 2000))
    const few = many.slice(0, 20)

    const start = async (filename: string, rows: readonly Todo[]): Promise<void> => {
      const daybook = openDaybook({ filename })
      let started: () => void = () => undefined
      const entered = new Promise<void>((resolve) => {
        started = resolve
      })
      const sync: SyncConfig<Todo, number>['sync'] = ({
        begin,
        truncate,
        write,
        commit,
        markReady,
        metadata,
      }) => {
        begin()
        truncate()
        for (const value of rows) write({ type: 'insert', value: { ...value } })
        metadata?.collection.set('token', rows.length)
        commit()
        markReady()
        started()
      }
      const collection = createCollection(
        persistedCollectionOptions({
          id: 'todos',
          getKey: (row: Todo) => row.id,
          sync: { sync },
          persistence: daybook,
        }),
      )
      await collection.preload()
      await entered
      if (collection.size !== rows.length) throw new Error('Rows are missing.')
      await daybook.close()
    }
    const restart = async (filename: string, rows: readonly Todo[]): Promise<number> => {
      await start(filename, rows)
      const before = bytesWritten()
      await start(filename, rows)
      return bytesWritten() - before
    }
    return async (path) => {
      const ours = await restart(path('many.db'), many)
      const theirs = await restart(path('few.db'), few)
      return [{ figure: 'resume-written', ours, theirs }]
    }
  },
}
