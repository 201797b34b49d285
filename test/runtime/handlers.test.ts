import { createCollection, createTransaction } from '@tanstack/db'
import { describe, expect, it } from 'vitest'
import { ForeignCollectionError, persistedCollectionOptions, UnkeepableValueError } from '../../src/node.js'
import {
  failureOf,
  newFile,
  open,
  rowsIn,
  rowsOf,
  rowsOnDisk,
  type Todo,
  todosOf,
  transactionsIn,
} from './fixture.js'

describe("a user's handlers", () => {
  it('run before anything is appended, with the transaction and the collection', async () => {
    const daybook = open()
    const seen: unknown[] = []
    const look = (name: string) => async (params: { transaction: { mutations: readonly unknown[] } }) => {
      await undefined
      seen.push([name, params.transaction.mutations.length, (await daybook.head()).seq])
    }
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: (todo: Todo) => todo.id,
        onInsert: look('insert'),
        onUpdate: look('update'),
        onDelete: look('delete'),
      }),
    )
    await todos.insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.done = true
    }).isPersisted.promise
    await todos.delete([1, 2]).isPersisted.promise
    expect(seen).toEqual([
      ['insert', 2, 1],
      ['update', 1, 2],
      ['delete', 2, 3],
    ])
  })

  it.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('prevent the append and roll back when one %s', async (_, fail) => {
    const daybook = open()
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence: daybook,
        getKey: (todo: Todo) => todo.id,
        onInsert: async ({ transaction }) => {
          if (transaction.mutations[0].modified.title === 'bad') await fail()
        },
        onUpdate: fail,
        onDelete: fail,
      }),
    )
    await todos.insert({ id: 1, title: 'good' }).isPersisted.promise
    const refused = [
      todos.insert({ id: 2, title: 'bad' }),
      todos.update(1, (draft) => {
        draft.title = 'changed'
      }),
      todos.delete(1),
    ]
    for (const { isPersisted } of refused) {
      expect(await failureOf(isPersisted.promise)).toMatchObject({ message: 'no' })
    }
    expect(rowsIn(todos)).toEqual([{ id: 1, title: 'good' }])
    expect(await transactionsIn(daybook)).toHaveLength(1)
  })

  it('keep their `this`', async () => {
    class Api {
      readonly id = 'todos'
      readonly persistence = open()
      readonly calls: string[] = []
      readonly getKey = (todo: Todo): number => todo.id
      async onInsert(): Promise<void> {
        this.calls.push('insert')
      }
      async onUpdate(): Promise<void> {
        this.calls.push('update')
      }
      async onDelete(): Promise<void> {
        this.calls.push('delete')
      }
    }
    const api = new Api()
    const todos = createCollection(persistedCollectionOptions<Todo, number>(api))
    await todos.insert({ id: 1, title: 'a' }).isPersisted.promise
    await todos.update(1, (draft) => {
      draft.done = true
    }).isPersisted.promise
    await todos.delete(1).isPersisted.promise
    expect(api.calls).toEqual(['insert', 'update', 'delete'])
  })

  it('have their result returned', async () => {
    const options = persistedCollectionOptions({
      id: 'todos',
      persistence: open(),
      getKey: (todo: Todo) => todo.id,
      onInsert: async () => ({ refetch: false }),
    })
    const todos = createCollection(options)
    const transaction = createTransaction<Todo>({ autoCommit: false, mutationFn: async () => undefined })
    transaction.mutate(() => todos.insert({ id: 1, title: 'a' }))
    const result = await options.onInsert?.({ transaction, collection: todos } as never)
    expect(result).toEqual({ refetch: false })
  })
})

describe('a value that cannot be kept', () => {
  it.each<[string, unknown, string]>([
    ['a function', { id: 1, deep: [{ run: () => 1 }] }, '$.deep[0].run'],
    ['a symbol', { id: 1, tag: Symbol('x') }, '$.tag'],
    ['a promise', { id: 1, later: Promise.resolve(1) }, '$.later'],
    ['a WeakMap', { id: 1, weak: new WeakMap() }, '$.weak'],
  ])('%s: the insert rejects with the path, and is rolled back', async (_, row, path) => {
    const daybook = open()
    const rows = rowsOf(daybook)
    const failure = await failureOf(rows.insert(row as { id: number }).isPersisted.promise)
    expect(failure).toBeInstanceOf(UnkeepableValueError)
    expect((failure as Error).message).toContain(path)
    expect(rows.size).toBe(0)
    expect(await transactionsIn(daybook)).toEqual([])
    // And the collection goes on working.
    await rows.insert({ id: 2 }).isPersisted.promise
    expect(rowsIn(rows)).toEqual([{ id: 2 }])
  })

  it('a cycle: the insert rejects and is rolled back', async () => {
    const rows = rowsOf(open())
    const row: { id: number; self?: unknown } = { id: 1 }
    row.self = row
    expect(await failureOf(rows.insert(row).isPersisted.promise)).toBeInstanceOf(UnkeepableValueError)
    expect(rows.size).toBe(0)
  })

  it('in an update: the old value is back', async () => {
    const daybook = open()
    const rows = rowsOf(daybook)
    await rows.insert({ id: 1, run: 'before' }).isPersisted.promise
    const updated = rows.update(1, (draft) => {
      draft.run = () => 1
    })
    expect(await failureOf(updated.isPersisted.promise)).toBeInstanceOf(UnkeepableValueError)
    expect(rowsIn(rows)).toEqual([{ id: 1, run: 'before' }])
  })

  it('one of several rows: none of them is kept', async () => {
    const file = newFile()
    const rows = rowsOf(open(file))
    const inserted = rows.insert([{ id: 1 }, { id: 2, run: () => 1 }, { id: 3 }])
    expect(await failureOf(inserted.isPersisted.promise)).toBeInstanceOf(UnkeepableValueError)
    expect(rows.size).toBe(0)
    expect(await rowsOnDisk(file, 'rows')).toEqual(new Map())
  })
})

describe('acceptMutations', () => {
  it('keeps the own mutations of a manual transaction, and no others', async () => {
    const daybook = open()
    const [todos, others] = [todosOf(daybook), todosOf(daybook, 'others')]
    const transaction = createTransaction({
      autoCommit: false,
      mutationFn: async ({ transaction: { mutations } }) => {
        await todos.utils.acceptMutations({ mutations })
        await others.utils.acceptMutations({ mutations })
      },
    })
    transaction.mutate(() => {
      todos.insert({ id: 1, title: 'a' })
      others.insert({ id: 1, title: 'b' })
      todos.insert({ id: 2, title: 'c' })
    })
    expect(await transactionsIn(daybook)).toEqual([])
    await transaction.commit()
    const kept = await transactionsIn(daybook)
    expect(kept.map(({ ops }) => ops.map((op) => [op.collection, 'key' in op && op.key]))).toEqual([
      [
        ['todos', 1],
        ['todos', 2],
      ],
      [['others', 1]],
    ])
    expect([todos.size, others.size]).toEqual([2, 1])
  })

  it('does nothing for a transaction without own mutations', async () => {
    const daybook = open()
    const [todos, others] = [todosOf(daybook), todosOf(daybook, 'others')]
    const head = await daybook.head()
    const transaction = createTransaction({
      mutationFn: ({ transaction: { mutations } }) => todos.utils.acceptMutations({ mutations }),
    })
    transaction.mutate(() => others.insert({ id: 1, title: 'b' }))
    await transaction.isPersisted.promise
    expect(await daybook.head()).toEqual(head)
    expect(others.size).toBe(0)
  })

  it('leaves out the mutations of a collection of the same id that another daybook keeps', async () => {
    const [one, two] = [open(), open()]
    const [todosInOne, todosInTwo] = [todosOf(one), todosOf(two)]
    const transaction = createTransaction({
      mutationFn: async ({ transaction: { mutations } }) => {
        await todosInOne.utils.acceptMutations({ mutations })
        await todosInTwo.utils.acceptMutations({ mutations })
      },
    })
    transaction.mutate(() => {
      todosInOne.insert({ id: 1, title: 'one' })
      todosInTwo.insert({ id: 2, title: 'two' })
    })
    await transaction.isPersisted.promise
    expect(rowsIn(todosInOne)).toEqual([{ id: 1, title: 'one' }])
    expect(rowsIn(todosInTwo)).toEqual([{ id: 2, title: 'two' }])
  })

  it('keeps a transaction of updates and deletes on existing rows', async () => {
    const file = newFile()
    const todos = todosOf(open(file))
    await todos.insert([
      { id: 1, title: 'a' },
      { id: 2, title: 'b' },
    ]).isPersisted.promise
    const transaction = createTransaction({
      mutationFn: ({ transaction: { mutations } }) => todos.utils.acceptMutations({ mutations }),
    })
    transaction.mutate(() => {
      todos.update(1, (draft) => {
        draft.done = true
      })
      todos.delete(2)
      todos.insert({ id: 3, title: 'c' })
      todos.update(3, (draft) => {
        draft.title = 'd'
      })
    })
    await transaction.isPersisted.promise
    const expected = [
      { id: 1, title: 'a', done: true },
      { id: 3, title: 'd' },
    ]
    expect(rowsIn(todos)).toEqual(expected)
    expect([...(await rowsOnDisk(file, 'todos')).values()]).toEqual(expected)
  })
})

describe('daybook.commit', () => {
  it('makes one entry of mutations over several collections', async () => {
    const daybook = open()
    const [accounts, transfers] = [rowsOf(daybook, 'accounts'), rowsOf(daybook, 'transfers')]
    await accounts.insert([
      { id: 1, balance: 10 },
      { id: 2, balance: 0 },
    ]).isPersisted.promise
    const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
    transaction.mutate(() => {
      accounts.update(1, (draft) => {
        draft.balance = 7
      })
      accounts.update(2, (draft) => {
        draft.balance = 3
      })
      transfers.insert({ id: 1, from: 1, to: 2, amount: 3 })
    })
    await transaction.isPersisted.promise
    const [, entry, ...more] = await transactionsIn(daybook)
    expect(entry?.ops.map(({ op, collection }) => [op, collection])).toEqual([
      ['patch', 'accounts'],
      ['patch', 'accounts'],
      ['put', 'transfers'],
    ])
    expect(more).toEqual([])
    expect(rowsIn(accounts)).toEqual([
      { id: 1, balance: 7 },
      { id: 2, balance: 3 },
    ])
  })

  it('answers with the position of the entry', async () => {
    const daybook = open()
    const todos = todosOf(daybook)
    let position: unknown
    const transaction = createTransaction({
      mutationFn: async (params) => {
        position = await daybook.commit(params.transaction)
      },
    })
    transaction.mutate(() => todos.insert({ id: 1, title: 'a' }))
    await transaction.isPersisted.promise
    expect(position).toEqual(await daybook.head())
  })

  it.each(['memory only', 'another daybook'])(
    'refuses a transaction over a collection of %s, and writes nothing of it',
    async (kind) => {
      const daybook = open()
      const { localOnlyCollectionOptions } = await import('@tanstack/db')
      const todos = todosOf(daybook)
      const foreign =
        kind === 'memory only'
          ? createCollection(localOnlyCollectionOptions({ id: 'foreign', getKey: (todo: Todo) => todo.id }))
          : todosOf(open(), 'foreign')
      await todos.preload()
      const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
      transaction.mutate(() => {
        todos.insert({ id: 1, title: 'ours' })
        foreign.insert({ id: 1, title: 'theirs' })
      })
      const failure = await failureOf(transaction.isPersisted.promise)
      expect(failure).toBeInstanceOf(ForeignCollectionError)
      expect(failure).toMatchObject({ collection: 'foreign' })
      expect(await transactionsIn(daybook)).toEqual([])
      expect([todos.size, foreign.size]).toEqual([0, 0])
    },
  )

  it('refuses all when one value cannot be kept', async () => {
    const daybook = open()
    const [a, b] = [rowsOf(daybook, 'a'), rowsOf(daybook, 'b')]
    const transaction = createTransaction({ mutationFn: (params) => daybook.commit(params.transaction) })
    transaction.mutate(() => {
      a.insert({ id: 1 })
      b.insert({ id: 1, run: () => 1 })
    })
    expect(await failureOf(transaction.isPersisted.promise)).toBeInstanceOf(UnkeepableValueError)
    expect(await transactionsIn(daybook)).toEqual([])
    expect([a.size, b.size]).toEqual([0, 0])
  })

  it('appends nothing for a transaction without mutations', async () => {
    const daybook = open()
    const head = await daybook.head()
    expect(await daybook.commit({ mutations: [] })).toEqual(head)
    expect(await daybook.head()).toEqual(head)
  })
})
