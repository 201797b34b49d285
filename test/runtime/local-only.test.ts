import { describe, expect, it } from 'vitest'
import { newFile, open, rowsIn, rowsOf, todosOf, transactionsIn } from './fixture.js'

describe('a local-only collection', () => {
  it('keeps an insert across a restart', async () => {
    const file = newFile()
    const before = open(file)
    await todosOf(before).insert({ id: 1, title: 'Buy milk' }).isPersisted.promise
    await before.close()

    const todos = todosOf(open(file))
    await todos.preload()
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'Buy milk' }])
  })

  it('keeps updates and deletes across a restart', async () => {
    const file = newFile()
    const before = open(file)
    const todos = todosOf(before)
    await todos.insert([
      { id: 1, title: 'Buy milk' },
      { id: 2, title: 'Sleep' },
    ]).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.done = true
    }).isPersisted.promise
    await todos.delete(2).isPersisted.promise
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'Buy milk', done: true }])
    await before.close()

    const again = todosOf(open(file))
    await again.preload()
    expect(rowsIn(again)).toEqual([{ id: 1, title: 'Buy milk', done: true }])
  })

  it('makes one entry of an array of inserts', async () => {
    const daybook = open()
    await todosOf(daybook).insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
      { id: 3, title: 'c' },
    ]).isPersisted.promise
    const transactions = await transactionsIn(daybook)
    expect(transactions).toHaveLength(1)
    expect(transactions[0]?.ops).toEqual([
      { op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'a' } },
      { op: 'put', collection: 'todos', key: 2, value: { id: 2, title: 'b' } },
      { op: 'put', collection: 'todos', key: 3, value: { id: 3, title: 'c' } },
    ])
  })

  it('makes one entry of an update and of a delete of several rows', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    await todos.update([1, 2], (drafts) => {
      for (const draft of drafts) draft.done = true
    }).isPersisted.promise
    await todos.delete([1, 2]).isPersisted.promise
    const [, updated, deleted, ...more] = await transactionsIn(daybook)
    expect(updated?.ops.map(({ op }) => op)).toEqual(['patch', 'patch'])
    expect(deleted?.ops.map(({ op }) => op)).toEqual(['delete', 'delete'])
    expect(more).toEqual([])
    expect(todos.size).toBe(0)
  })

  it('appends of an update only the fields that changed', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert({ id: 1, title: 'Buy milk', note: 'whole', done: false }).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.done = true
      draft.title = 'Buy milk'
    }).isPersisted.promise
    const [, updated] = await transactionsIn(daybook)
    expect(updated?.ops).toEqual([{ op: 'patch', collection: 'todos', key: 1, fields: { done: true } }])
  })

  it('appends a changed field whole when something inside of it changed', async () => {
    const daybook = open()
    const rows = rowsOf(daybook)
    await rows.insert({ id: 1, at: { x: 1, y: [1, 2] }, other: { big: 'x' } }).isPersisted.promise
    await rows.update(1, (draft) => {
      ;(draft.at as { y: number[] }).y.push(3)
    }).isPersisted.promise
    const [, updated] = await transactionsIn(daybook)
    expect(updated?.ops).toEqual([
      { op: 'patch', collection: 'rows', key: 1, fields: { at: { x: 1, y: [1, 2, 3] } } },
    ])
    expect(rowsIn(rows)).toEqual([{ id: 1, at: { x: 1, y: [1, 2, 3] }, other: { big: 'x' } }])
  })

  it('appends nothing for an update that changes nothing', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.insert({ id: 1, title: 'Buy milk' }).isPersisted.promise
    const head = await daybook.head()
    await todos.update(1, (draft) => {
      draft.title = 'Buy milk'
    }).isPersisted.promise
    expect(await daybook.head()).toEqual(head)
  })

  it('has applied an own mutation when its promise resolves', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.preload()
    for (let id = 0; id < 50; id++) {
      await todos.insert({ id, title: 'x' }, { optimistic: false }).isPersisted.promise
      expect(todos.get(id)?.title).toBe('x')
      await todos.update(id, { optimistic: false }, (draft) => {
        draft.title = 'y'
      }).isPersisted.promise
      expect(todos.get(id)?.title).toBe('y')
      if (id % 2 === 0) {
        await todos.delete(id, { optimistic: false }).isPersisted.promise
        expect(todos.has(id)).toBe(false)
      }
    }
    expect(todos.size).toBe(25)
  })

  it('keeps writes that were made before it was ever loaded', async () => {
    const file = newFile()
    const before = open(file)
    await todosOf(before).insert({ id: 1, title: 'first run' }).isPersisted.promise
    await before.close()

    const daybook = open(file)
    const todos = todosOf(daybook)
    const inserted = todos.insert({ id: 2, title: 'second run' })
    expect(todos.get(2)?.title).toBe('second run')
    await inserted.isPersisted.promise
    expect(rowsIn(todos)).toEqual([
      { id: 1, title: 'first run' },
      { id: 2, title: 'second run' },
    ])
  })

  it('commits mutations of one turn each as an entry of its own, in order', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    await todos.preload()
    const transactions = Array.from({ length: 100 }, (_, id) => todos.insert({ id, title: String(id) }))
    await Promise.all(transactions.map(({ isPersisted }) => isPersisted.promise))
    const kept = await transactionsIn(daybook)
    expect(kept.map(({ ops }) => ops.map((op) => 'key' in op && op.key))).toEqual(
      Array.from({ length: 100 }, (_, id) => [id]),
    )
    expect(todos.size).toBe(100)
  })

  it('keeps number and text keys apart', async () => {
    const file = newFile()
    const before = open(file)
    const { createCollection } = await import('@tanstack/db')
    const { persistedCollectionOptions } = await import('../../src/node.js')
    const make = (persistence: typeof before) =>
      createCollection(
        persistedCollectionOptions({
          id: 'mixed',
          persistence,
          getKey: (row: { key: string | number; is: string }) => row.key,
        }),
      )
    const mixed = make(before)
    await mixed.insert([
      { key: 1, is: 'number' },
      { key: '1', is: 'text' },
      { key: '', is: 'empty' },
      { key: 0, is: 'zero' },
      { key: '__proto__', is: 'proto' },
      { key: 1.5, is: 'fraction' },
      { key: '\ud800', is: 'lone surrogate' },
    ]).isPersisted.promise
    await mixed.delete(1).isPersisted.promise
    await before.close()
    const again = make(open(file))
    await again.preload()
    expect(new Map([...again.entries()].map(([key, row]) => [key, row.is]))).toEqual(
      new Map<string | number, string>([
        ['1', 'text'],
        ['', 'empty'],
        [0, 'zero'],
        ['__proto__', 'proto'],
        [1.5, 'fraction'],
        ['\ud800', 'lone surrogate'],
      ]),
    )
  })

  it('keeps several collections apart', async () => {
    const daybook = open()
    const [a, b] = [todosOf(daybook, 'a'), todosOf(daybook, 'b')]
    await a.insert({ id: 1, title: 'in a' }).isPersisted.promise
    await b.insert({ id: 1, title: 'in b' }).isPersisted.promise
    await a.delete(1).isPersisted.promise
    expect(rowsIn(a)).toEqual([])
    expect(rowsIn(b)).toEqual([{ id: 1, title: 'in b' }])
  })
})

describe('a field that is removed', () => {
  it('stays removed after a restart, when a row was replaced', async () => {
    const file = newFile()
    const before = open(file)
    const todos = todosOf(before)
    await todos.insert({ id: 1, title: 'Buy milk', note: 'whole', done: true }).isPersisted.promise
    await todos.delete(1).isPersisted.promise
    await todos.insert({ id: 1, title: 'Buy milk' }).isPersisted.promise
    await before.close()
    const again = todosOf(open(file))
    await again.preload()
    expect(rowsIn(again)).toStrictEqual([{ id: 1, title: 'Buy milk' }])
  })

  it('stays removed after a restart, when it was deleted from the draft', async () => {
    const file = newFile()
    const before = open(file)
    const todos = todosOf(before)
    await todos.insert({ id: 1, title: 'Buy milk', note: 'whole' }).isPersisted.promise
    await todos.update(1, (draft) => {
      delete draft.note
    }).isPersisted.promise
    const inMemory = rowsIn(todos)
    expect(todos.get(1)?.note).toBeUndefined()
    await before.close()
    const again = todosOf(open(file))
    await again.preload()
    expect(again.get(1)?.note).toBeUndefined()
    expect(rowsIn(again)).toStrictEqual(inMemory)
  })

  it('stays removed when the row was deleted and inserted in one transaction', async () => {
    const file = newFile()
    const before = open(file)
    const todos = todosOf(before)
    await todos.insert({ id: 1, title: 'Buy milk', note: 'whole', done: true }).isPersisted.promise
    const { createTransaction } = await import('@tanstack/db')
    const transaction = createTransaction({ mutationFn: (params) => before.commit(params.transaction) })
    transaction.mutate(() => {
      todos.delete(1)
      todos.insert({ id: 1, title: 'Buy bread' })
    })
    await transaction.isPersisted.promise
    expect(rowsIn(todos)).toStrictEqual([{ id: 1, title: 'Buy bread' }])
    await before.close()
    const again = todosOf(open(file))
    await again.preload()
    expect(rowsIn(again)).toStrictEqual([{ id: 1, title: 'Buy bread' }])
  })
})
