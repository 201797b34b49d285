/** What observers are told while a collection becomes ready: the same, kept or not, by a source that answers in its own time. */

import { createCollection, createLiveQueryCollection, type SyncConfig } from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open } from '../runtime/fixture.js'

interface Todo {
  id: number
}

const sourceOf = (ids: readonly number[]): SyncConfig<Todo, number> => ({
  sync: ({ begin, write, commit, markReady }) => {
    setTimeout(() => {
      begin()
      for (const id of ids) write({ type: 'insert', value: { id } })
      commit()
      markReady()
    }, 20)
  },
})

/** Everything that is told of a collection and of a live query over it, until they are ready and nothing more comes. */
async function toldOf(options: object): Promise<string[]> {
  const told: string[] = []
  const todos = createCollection<Todo, number>(options as never)
  const live = createLiveQueryCollection((q) => q.from({ todo: todos }))
  for (const [name, collection] of [
    ['todos', todos],
    ['live', live],
  ] as const) {
    collection.on('status:change', ({ status }) => told.push(`${name} is ${status}`))
    collection.subscribeChanges((changes) =>
      told.push(`${name}, ${collection.status}: ${changes.length} changes`),
    )
  }
  await live.preload()
  await eventually(() => live.status === 'ready' && todos.status === 'ready', 'ready')
  await new Promise((resolve) => setTimeout(resolve, 50))
  return told
}

describe.each([
  ['no rows', []],
  ['two rows', [1, 2]],
])('%s', (_name, ids) => {
  test('the first start tells what the source alone would tell', async () => {
    const options = { id: 'todos', getKey: ({ id }: Todo) => id, sync: sourceOf(ids) }
    const alone = await toldOf(options)
    expect(alone.length).toBeGreaterThan(4)
    const kept = await toldOf(persistedCollectionOptions({ ...options, persistence: open(newFile()) }))
    expect(kept).toEqual(alone)
  })
})
