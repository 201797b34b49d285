/**
 * What TanStack DB says of local-only collections, on one in memory and on one that a daybook keeps:
 * https://tanstack.com/db/latest/docs/collections/local-only-collection
 */

import {
  type Collection,
  createCollection,
  createLiveQueryCollection,
  createTransaction,
  eq,
  localOnlyCollectionOptions,
} from '@tanstack/db'
import { describe, expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { eventually, open } from '../runtime/fixture.js'

interface Todo {
  id: number
  title: string
  done?: boolean
}

type Todos = Collection<
  Todo,
  number,
  { acceptMutations(transaction: { mutations: unknown[] }): Promise<void> | void }
>
type Handler = (params: { transaction: { mutations: readonly { modified: Todo }[] } }) => unknown
interface Settings {
  readonly initialData?: Todo[]
  readonly onInsert?: Handler
  readonly onUpdate?: Handler
  readonly onDelete?: Handler
  readonly syncMode?: 'on-demand'
}

const inMemory = (settings: Settings): Todos =>
  createCollection(
    localOnlyCollectionOptions({
      id: 'todos',
      getKey: (todo: Todo) => todo.id,
      ...(settings as object),
    }) as never,
  ) as never

const kept = (settings: Settings): Todos =>
  createCollection(
    persistedCollectionOptions({
      id: 'todos',
      getKey: (todo: Todo) => todo.id,
      ...(settings as object),
      persistence: open(),
    }) as never,
  ) as never

const one = { id: 1, title: 'one' }
const two = { id: 2, title: 'two' }

describe.each([
  ['in memory', inMemory],
  ['kept', kept],
  ['kept, on demand', (settings: Settings) => kept({ ...settings, syncMode: 'on-demand' })],
] as const)('%s', (_name, make) => {
  async function todosWith(rows: Todo[], settings: Settings = {}): Promise<Todos> {
    const todos = make(settings)
    await todos.preload()
    if (rows.length > 0) await todos.insert(rows).isPersisted.promise
    return todos
  }
  const shown = (todos: Todos): Todo[] =>
    todos.toArray.map(({ id, title, done }) => ({ id, title, ...(done !== undefined && { done }) }))

  test('an insert, an update and a delete are shown at once and are there when they are persisted', async () => {
    const todos = await todosWith([one])
    const insert = todos.insert(two)
    expect(shown(todos)).toEqual([one, two])
    await insert.isPersisted.promise
    await todos.update(1, (draft) => {
      draft.done = true
    }).isPersisted.promise
    await todos.delete(2).isPersisted.promise
    expect(shown(todos)).toEqual([{ ...one, done: true }])
  })

  test('what a handler rejects is taken back', async () => {
    const failing = async (): Promise<void> => {
      throw new Error('no')
    }
    const todos = await todosWith([one], { onUpdate: failing, onDelete: failing })
    const update = todos.update(1, (draft) => {
      draft.title = 'changed'
    })
    await expect(update.isPersisted.promise).rejects.toThrow('no')
    await expect(todos.delete(1).isPersisted.promise).rejects.toThrow('no')
    expect(shown(todos)).toEqual([one])
  })

  test('a handler is called with the mutation, in the turn of the call', async () => {
    const seen: number[] = []
    const todos = await todosWith([], {
      onInsert: async ({ transaction }) => void seen.push(...transaction.mutations.map((m) => m.modified.id)),
    })
    const insert = todos.insert(one)
    expect(seen).toEqual([1])
    await insert.isPersisted.promise
  })

  test('initialData is there, and can be changed', async () => {
    const todos = await todosWith([], { initialData: [one] })
    await eventually(() => todos.size === 1 || todos.status === 'ready')
    const live = createLiveQueryCollection((q) => q.from({ todo: todos }))
    await live.preload()
    expect(live.size).toBe(1)
    await todos.update(1, (draft) => {
      draft.title = 'changed'
    }).isPersisted.promise
    expect(shown(todos)).toEqual([{ id: 1, title: 'changed' }])
    await live.cleanup()
  })

  test.each(['awaited', 'not awaited'])('acceptMutations, %s, keeps what a transaction made', async (how) => {
    const todos = await todosWith([one])
    const transaction = createTransaction({
      mutationFn: async ({ transaction: made }) => {
        const accepted = todos.utils.acceptMutations(made)
        if (how === 'awaited') await accepted
      },
    })
    const sizes: number[] = []
    const subscription = todos.subscribeChanges(() => sizes.push(todos.size))
    transaction.mutate(() => {
      todos.insert(two)
      todos.update(1, (draft) => {
        draft.done = true
      })
    })
    await transaction.isPersisted.promise
    expect(shown(todos)).toEqual([{ ...one, done: true }, two])
    // No gap in which the row is not shown.
    expect(sizes.every((size) => size === 2)).toBe(true)
    subscription.unsubscribe()
  })

  test('a transaction that is rolled back leaves nothing', async () => {
    const todos = await todosWith([one])
    const transaction = createTransaction({ autoCommit: false, mutationFn: async () => undefined })
    transaction.mutate(() => todos.insert(two))
    expect(todos.size).toBe(2)
    transaction.rollback()
    const outcome = await transaction.isPersisted.promise.then(
      () => 'kept',
      () => 'rejected',
    )
    expect(outcome).toBe('rejected')
    expect(shown(todos)).toEqual([one])
  })

  test('a row is its own: $origin, $synced and $hasPendingWrites say so, while it is written and after', async () => {
    const todos = await todosWith([one])
    const live = createLiveQueryCollection((q) =>
      q.from({ todo: todos }).where(({ todo }) => eq(todo.$origin, 'local')),
    )
    await live.preload()
    const virtual = (id: number): unknown[] => {
      const { $origin, $synced, $hasPendingWrites } = todos.get(id) as unknown as Record<string, unknown>
      return [$origin, $synced, $hasPendingWrites]
    }
    const insert = todos.insert(two)
    expect([virtual(1), virtual(2)]).toEqual([
      ['local', true, false],
      ['local', true, false],
    ])
    await insert.isPersisted.promise
    expect(virtual(2)).toEqual(['local', true, false])
    expect(live.size).toBe(2)
    await live.cleanup()
  })

  test('the same key twice is refused by the call', async () => {
    const todos = await todosWith([one])
    expect(() => todos.insert({ ...one })).toThrow()
    expect(() => todos.update(9, () => undefined)).toThrow()
    expect(shown(todos)).toEqual([one])
  })
})
