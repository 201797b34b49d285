import { createCollection, createTransaction } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { failureOf, open, pause, plain, rowsIn, type Todo, todosOf } from './fixture.js'

interface Seen {
  readonly type: string
  readonly key: string | number
  readonly value: object
}

/** What a subscriber sees of each row, one event after the other. */
function watch(todos: ReturnType<typeof todosOf>): Seen[] {
  const seen: Seen[] = []
  todos.subscribeChanges((changes) => {
    for (const { type, key, value } of changes) seen.push({ type, key, value: plain(value) })
  })
  return seen
}

/** Whether a row came, changed and went only in this order of values; saying one twice is no flicker. */
function historyOf(seen: readonly Seen[], key: number): string[] {
  const states = seen
    .filter((event) => event.key === key)
    .map(({ type, value }) => (type === 'delete' ? 'gone' : JSON.stringify(value)))
  return states.filter((state, index) => state !== states[index - 1])
}

describe('what a subscriber sees', () => {
  it('of an insert, an update and a delete is each state once, and never the one before again', async () => {
    const todos = todosOf(open())
    await todos.preload()
    const seen = watch(todos)
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.title = 'b'
    }).isPersisted.promise
    await todos.delete(1).isPersisted.promise
    expect(historyOf(seen, 1)).toEqual(['{"id":1,"title":"a"}', '{"id":1,"title":"b"}', 'gone'])
  })

  it('of many unawaited changes of one row is each state once, in order', async () => {
    const todos = todosOf(open())
    await todos.preload()
    const seen = watch(todos)
    const transactions = [todos.insert({ id: 1, title: '0' })]
    for (let n = 1; n < 30; n++) {
      transactions.push(
        todos.update(1, (draft) => {
          draft.title = String(n)
        }),
      )
      if (n % 4 === 0) await undefined
    }
    await Promise.all(transactions.map(({ isPersisted }) => isPersisted.promise))
    expect(historyOf(seen, 1)).toEqual(Array.from({ length: 30 }, (_, n) => `{"id":1,"title":"${n}"}`))
  })

  it('of a write before the first load is no disappearance', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    const seen = watch(todos)
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.preload()
    expect(historyOf(seen, 1)).toEqual(['{"id":1,"title":"a"}'])
  })

  it('stays while a slow handler of another mutation runs, also in the middle of many', async () => {
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: open(),
        getKey: (todo: Todo) => todo.id,
        onInsert: async ({ transaction }) => {
          if (transaction.mutations[0].modified.title === 'slow') await pause(60)
        },
      }),
    )
    await todos.preload()
    const seen = watch(todos as unknown as ReturnType<typeof todosOf>)
    const slow = todos.insert({ id: 1, title: 'slow' })
    for (let id = 2; id < 12; id++) {
      await todos.insert({ id, title: 'fast' }).isPersisted.promise
      expect(todos.get(id)?.title).toBe('fast')
      await todos.update(id, (draft) => {
        draft.done = true
      }).isPersisted.promise
      expect(todos.get(id)?.done).toBe(true)
    }
    await slow.isPersisted.promise
    for (let id = 2; id < 12; id++) {
      expect(historyOf(seen, id)).toEqual([
        `{"id":${id},"title":"fast"}`,
        `{"id":${id},"title":"fast","done":true}`,
      ])
    }
    expect(historyOf(seen, 1)).toEqual(['{"id":1,"title":"slow"}'])
  })

  it('of a transaction over two collections is both at once, and no flicker', async () => {
    const daybook = open()
    const [one, two] = [todosOf(daybook, 'one'), todosOf(daybook, 'two')]
    await Promise.all([one.preload(), two.preload()])
    const [seenInOne, seenInTwo] = [watch(one), watch(two)]
    const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
    transaction.mutate(() => {
      one.insert({ id: 1, title: 'a' })
      two.insert({ id: 1, title: 'b' })
    })
    await transaction.isPersisted.promise
    expect(historyOf(seenInOne, 1)).toEqual(['{"id":1,"title":"a"}'])
    expect(historyOf(seenInTwo, 1)).toEqual(['{"id":1,"title":"b"}'])
  })

  it('of a refused insert is that it came and went', async () => {
    const todos = todosOf(open())
    await todos.preload()
    const seen = watch(todos)
    const refused = todos.insert({ id: 1, title: 'x', run: () => 1 } as Todo)
    await failureOf(refused.isPersisted.promise)
    expect(seen.map(({ type }) => type)).toEqual(['insert', 'delete'])
  })

  it('of a change by somebody else while an own one is pending is both in the end', async () => {
    const daybook = open()
    const slow = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: (todo: Todo) => todo.id,
        onUpdate: () => pause(40),
      }),
    )
    await slow.insert({ id: 1, title: 'a' }).isPersisted.promise
    const updated = slow.update(1, (draft) => {
      draft.done = true
    })
    await daybook.write([{ op: 'patch', collection: 'todos', key: 1, fields: { note: 'theirs' } }])
    await daybook.write([{ op: 'put', collection: 'todos', key: 2, value: { id: 2, title: 'b' } }])
    expect(slow.get(1)?.done).toBe(true)
    await updated.isPersisted.promise
    expect(rowsIn(slow)).toEqual([
      { id: 1, title: 'a', note: 'theirs', done: true },
      { id: 2, title: 'b' },
    ])
  })
})
