/** A source that throws when it is started: the same promises reject with the same error, kept or not. */

import { type Collection, createCollection, createLiveQueryCollection, eq } from '@tanstack/db'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, newFile, open } from '../runtime/fixture.js'

interface Todo {
  id: number
  title: string
}

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})
afterEach(() => {
  vi.restoreAllMocks()
})

const failing = (syncMode: 'eager' | 'on-demand') => ({
  id: 'todos',
  getKey: (todo: Todo) => todo.id,
  syncMode,
  sync: {
    sync: () => {
      throw new Error('it cannot be started')
    },
  },
})

describe.each(['eager', 'on-demand'] as const)('%s', (syncMode) => {
  describe.each(['unwrapped', 'wrapped'] as const)('%s', (wrapping) => {
    const todosOf = (): Collection<Todo, number> =>
      createCollection(
        (wrapping === 'unwrapped'
          ? failing(syncMode)
          : persistedCollectionOptions({
              ...failing(syncMode),
              persistence: open(newFile()),
            })) as never,
      ) as never

    test('preload() rejects with its error, and the collection is in error', async () => {
      const todos = todosOf()
      await expect(Promise.resolve().then(() => todos.preload())).rejects.toThrow('it cannot be started')
      expect(todos.status).toBe('error')
    })

    test('a live query is in error, and its preload() rejects', async () => {
      const todos = todosOf()
      const live = createLiveQueryCollection((q) =>
        q.from({ todo: todos }).where(({ todo }) => eq(todo.title, 'a')),
      )
      const error = await Promise.resolve()
        .then(() => live.preload())
        .then(
          () => undefined,
          (reason: Error) => reason,
        )
      // In memory an eager source fails while its live query starts it; kept, it fails when its rows on disk were read.
      const isLater = syncMode === 'eager' && wrapping === 'wrapped'
      expect(error?.message).toBe(
        isLater ? "Source collection 'todos' entered error state" : 'it cannot be started',
      )
      expect(live.status).toBe('error')
      await eventually(() => todos.status === 'error', 'the error')
    })

    test('toArrayWhenReady() and stateWhenReady() reject with its error', async () => {
      const todos = todosOf()
      await expect(Promise.resolve().then(() => todos.toArrayWhenReady())).rejects.toThrow(
        'it cannot be started',
      )
      await expect(Promise.resolve().then(() => todosOf().stateWhenReady())).rejects.toThrow(
        'it cannot be started',
      )
    })
  })
})
