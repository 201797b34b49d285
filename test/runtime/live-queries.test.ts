import { count, createLiveQueryCollection, createLiveQueryObserver, eq, gt } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { CannotOpenError } from '../../src/node.js'
import { eventually, newFile, open, plain, rowsOf, todosOf } from './fixture.js'

/** Lists, their items, and three live queries over them. */
function queriesOn(daybook: ReturnType<typeof open>) {
  const lists = rowsOf(daybook, 'lists')
  const items = rowsOf(daybook, 'items')
  const open_ = createLiveQueryCollection((q) =>
    q
      .from({ item: items })
      .where(({ item }) => eq(item.done, false))
      .orderBy(({ item }) => item.id)
      .select(({ item }) => ({ id: item.id, title: item.title })),
  )
  const joined = createLiveQueryCollection((q) =>
    q
      .from({ item: items })
      .join({ list: lists }, ({ item, list }) => eq(item.list, list.id), 'inner')
      .orderBy(({ item }) => item.id)
      .select(({ item, list }) => ({ id: item.id, list: list.name })),
  )
  const counted = createLiveQueryCollection((q) =>
    q
      .from({ item: items })
      .groupBy(({ item }) => item.list)
      .select(({ item }) => ({ list: item.list, items: count(item.id) })),
  )
  return { lists, items, open: open_, joined, counted }
}

const resultOf = (query: { toArray: object[] }): object[] => query.toArray.map(plain)

describe('a live query over persisted collections', () => {
  it('follows inserts, updates and deletes, and has the same result after a restart', async () => {
    const file = newFile()
    const before = open(file)
    const q = queriesOn(before)
    await Promise.all([q.open.preload(), q.joined.preload(), q.counted.preload()])
    await q.lists.insert([
      { id: 1, name: 'home' },
      { id: 2, name: 'work' },
    ]).isPersisted.promise
    await q.items.insert([
      { id: 1, list: 1, title: 'milk', done: false },
      { id: 2, list: 1, title: 'bread', done: false },
      { id: 3, list: 2, title: 'report', done: true },
      { id: 4, list: 9, title: 'nowhere', done: false },
    ]).isPersisted.promise
    await q.items.update(2, (draft) => {
      draft.done = true
    }).isPersisted.promise
    await q.items.delete(4).isPersisted.promise
    await q.lists.update(1, (draft) => {
      draft.name = 'house'
    }).isPersisted.promise
    const expectResults = (queries: typeof q): void => {
      expect(resultOf(queries.open)).toEqual([{ id: 1, title: 'milk' }])
      expect(resultOf(queries.joined)).toEqual([
        { id: 1, list: 'house' },
        { id: 2, list: 'house' },
        { id: 3, list: 'work' },
      ])
      expect(new Set(resultOf(queries.counted))).toEqual(
        new Set([
          { list: 1, items: 2 },
          { list: 2, items: 1 },
        ]),
      )
    }
    expectResults(q)
    await before.close()

    const again = queriesOn(open(file))
    await Promise.all([again.open.preload(), again.joined.preload(), again.counted.preload()])
    expectResults(again)
    await again.items.insert({ id: 5, list: 2, title: 'call', done: false }).isPersisted.promise
    expect(resultOf(again.open)).toHaveLength(2)
    expect(resultOf(again.joined)).toHaveLength(4)
  })

  it('is ready only when the rows are there', async () => {
    const file = newFile()
    const before = open(file)
    await before.write(
      Array.from({ length: 5000 }, (_, id) => ({ op: 'put', collection: 'rows', key: id, value: { id } })),
    )
    await before.close()
    const rows = rowsOf(open(file))
    const query = createLiveQueryCollection((q) => q.from({ row: rows }).where(({ row }) => gt(row.id, 999)))
    await query.preload()
    expect(query.size).toBe(4000)
  })

  it('follows what another daybook on the file writes', async () => {
    const file = newFile()
    const [here, there] = [open(file), open(file)]
    const todos = todosOf(here)
    const query = createLiveQueryCollection((q) =>
      q.from({ todo: todos }).where(({ todo }) => eq(todo.done, true)),
    )
    await query.preload()
    const others = todosOf(there)
    await others.insert({ id: 1, title: 'a', done: true }).isPersisted.promise
    await eventually(() => query.size === 1)
    await others.update(1, (draft) => {
      draft.done = false
    }).isPersisted.promise
    await eventually(() => query.size === 0)
  })

  it('survives the cleanup of its source and goes on', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert({ id: 1, title: 'a', done: true }).isPersisted.promise
    const make = () =>
      createLiveQueryCollection((q) => q.from({ todo: todos }).where(({ todo }) => eq(todo.done, true)))
    const first = make()
    await first.preload()
    await first.cleanup()
    await todos.cleanup()
    const second = make()
    await second.preload()
    await todos.insert({ id: 2, title: 'b', done: true }).isPersisted.promise
    expect(second.size).toBe(2)
  })
})

describe('the persisted status that a live query shows', () => {
  it('is loading, and then ready', async () => {
    const file = newFile()
    const before = open(file)
    await todosOf(before).insert({ id: 1, title: 'a' }).isPersisted.promise
    await before.close()
    const todos = todosOf(open(file))
    const query = createLiveQueryCollection((q) => q.from({ todo: todos }))
    const observer = createLiveQueryObserver(query)
    const seen: string[] = []
    const note = (): void => {
      const { persistedStatus } = observer.getSnapshot()
      if (seen.at(-1) !== persistedStatus) seen.push(persistedStatus)
    }
    const unsubscribe = observer.subscribe(note)
    note()
    await query.preload()
    await eventually(() => observer.getSnapshot().persistedStatus === 'ready')
    note()
    expect(seen).toEqual(['loading', 'ready'])
    expect(observer.getSnapshot()).toMatchObject({ isPersistedReady: true, isReady: true, status: 'ready' })
    expect(observer.getSnapshot().data).toHaveLength(1)
    unsubscribe()
    observer.dispose()
  })

  it('is error with the reason when the daybook cannot be opened', async () => {
    const todos = todosOf(open('/nowhere/at/all/daybook.db'))
    const query = createLiveQueryCollection((q) => q.from({ todo: todos }))
    const observer = createLiveQueryObserver(query)
    const unsubscribe = observer.subscribe(() => undefined)
    await eventually(() => observer.getSnapshot().persistedStatus === 'error')
    const snapshot = observer.getSnapshot()
    expect(snapshot.persistedError).toBeInstanceOf(CannotOpenError)
    expect(snapshot).toMatchObject({ isPersistedReady: false, isReady: false, status: 'error' })
    unsubscribe()
    observer.dispose()
  })

  it('is ready again after a cleanup and a new start', async () => {
    const todos = todosOf(open())
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.cleanup()
    const observer = createLiveQueryObserver(createLiveQueryCollection((q) => q.from({ todo: todos })))
    const unsubscribe = observer.subscribe(() => undefined)
    await eventually(() => observer.getSnapshot().persistedStatus === 'ready')
    expect(observer.getSnapshot().data).toHaveLength(1)
    unsubscribe()
    observer.dispose()
  })
})
