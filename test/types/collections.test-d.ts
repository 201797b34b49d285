/** Claims about types. `npm run typecheck` proves them; nothing here runs. */

import {
  createCollection,
  createLiveQueryCollection,
  createTransaction,
  eq,
  type SyncConfig,
} from '@tanstack/db'
import { describe, expectTypeOf, it } from 'vitest'
import {
  type Daybook,
  type DecodedEntry,
  type MigratedRow,
  type Op,
  openDaybook,
  type Position,
  persistedCollectionOptions,
  type Stats,
  type Verification,
} from '../../src/node.js'
import { type Task, taskSchema } from './schema.js'

interface Todo {
  id: number
  title: string
  done?: boolean
  due?: Date
}

const persistence = openDaybook({ filename: 'types.db' })

const todos = createCollection(
  persistedCollectionOptions({ id: 'todos', persistence, getKey: (todo: Todo) => todo.id }),
)

const tasks = createCollection(
  persistedCollectionOptions({ id: 'tasks', persistence, schema: taskSchema, getKey: (task) => task.id }),
)

describe('a collection without a schema and without type parameters', () => {
  it('has the rows and the keys of its getKey', () => {
    expectTypeOf(todos.get).parameter(0).toEqualTypeOf<number>()
    expectTypeOf(todos.get(1)).extract<undefined>().toEqualTypeOf<undefined>()
    expectTypeOf(todos.get(1)!).toExtend<Todo>()
    expectTypeOf(todos.get(1)!.due).toEqualTypeOf<Date | undefined>()
    expectTypeOf(todos.toArray[0]!.title).toEqualTypeOf<string>()
    // @ts-expect-error the key is a number
    todos.get('1')
    // @ts-expect-error there is no such field
    todos.get(1)?.titel
  })

  it('takes whole rows as inserts, one or several', () => {
    expectTypeOf(todos.insert).parameter(0).toEqualTypeOf<Todo | Todo[]>()
    // @ts-expect-error the title is missing
    todos.insert({ id: 1 })
    // @ts-expect-error the title is a text
    todos.insert({ id: 1, title: 5 })
    // @ts-expect-error there is no such field
    todos.insert({ id: 1, title: 'x', priority: 1 })
  })

  it('gives a draft of the row to an update', () => {
    todos.update(1, (draft) => {
      expectTypeOf(draft.title).toEqualTypeOf<string>()
      expectTypeOf(draft.done).toEqualTypeOf<boolean | undefined>()
      draft.title = 'x'
      // @ts-expect-error the title is a text
      draft.title = 5
      // @ts-expect-error there is no such field
      draft.priority = 1
    })
    todos.update([1, 2], (drafts) => {
      expectTypeOf(drafts[0]!.title).toEqualTypeOf<string>()
    })
    // @ts-expect-error the key is a number
    todos.update('1', () => undefined)
    // @ts-expect-error the key is a number
    todos.delete('1')
  })

  it('has text keys when getKey gives texts', () => {
    const named = createCollection(
      persistedCollectionOptions({ id: 'named', persistence, getKey: (row: { name: string }) => row.name }),
    )
    expectTypeOf(named.get).parameter(0).toEqualTypeOf<string>()
  })

  it('gives the handlers the mutations of its rows', () => {
    persistedCollectionOptions({
      id: 'todos',
      persistence,
      getKey: (todo: Todo) => todo.id,
      onInsert: async ({ transaction }) => {
        expectTypeOf(transaction.mutations[0].modified).toEqualTypeOf<Todo>()
        expectTypeOf(transaction.mutations[0].key).toEqualTypeOf<number>()
      },
      onUpdate: async ({ transaction }) => {
        expectTypeOf(transaction.mutations[0].original).toEqualTypeOf<Todo>()
      },
      onDelete: async ({ transaction }) => {
        expectTypeOf(transaction.mutations[0].original).toEqualTypeOf<Todo>()
      },
    })
  })
})

describe('a collection with a schema and without type parameters', () => {
  it('has rows as the schema gives them', () => {
    expectTypeOf(tasks.get(`1`)!).toExtend<Task>()
    expectTypeOf(tasks.get(`1`)!.due).toEqualTypeOf<Date>()
    expectTypeOf(tasks.get(`1`)!.done).toEqualTypeOf<boolean>()
    expectTypeOf(tasks.get).parameter(0).toEqualTypeOf<string>()
    // @ts-expect-error the key is a text
    tasks.get(1)
  })

  it('takes inserts as the schema takes them', () => {
    tasks.insert({ id: '1', title: 'x', due: '2024-01-01' })
    tasks.insert([{ id: '2', title: 'x', due: new Date(), done: true }])
    // @ts-expect-error due is missing
    tasks.insert({ id: '1', title: 'x' })
    // @ts-expect-error due is no number
    tasks.insert({ id: '1', title: 'x', due: 5 })
  })

  it('gives an update a draft of what the schema takes', () => {
    tasks.update('1', (draft) => {
      expectTypeOf(draft.due).toEqualTypeOf<string | Date>()
      draft.due = '2025-01-01'
      draft.done = undefined
      // @ts-expect-error due is no number
      draft.due = 5
    })
  })

  it('gives getKey the row as the schema gives it', () => {
    persistedCollectionOptions({
      id: 'tasks',
      persistence,
      schema: taskSchema,
      getKey: (task) => {
        expectTypeOf(task).toEqualTypeOf<Task>()
        return task.id
      },
    })
  })
})

describe('utils', () => {
  it('have acceptMutations', () => {
    expectTypeOf(todos.utils.acceptMutations).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(tasks.utils.acceptMutations).returns.toEqualTypeOf<Promise<void>>()
    // @ts-expect-error there is no such util
    todos.utils.refetch
  })

  it("are merged with the user's own, with a schema and without", () => {
    const withUtils = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence,
        getKey: (todo: Todo) => todo.id,
        utils: { countOpen: (): number => 5 },
      }),
    )
    expectTypeOf(withUtils.utils.countOpen).toEqualTypeOf<() => number>()
    expectTypeOf(withUtils.utils.acceptMutations).returns.toEqualTypeOf<Promise<void>>()
    const withBoth = createCollection(
      persistedCollectionOptions({
        id: 'tasks',
        persistence,
        schema: taskSchema,
        getKey: (task) => task.id,
        utils: { countOpen: (): number => 5 },
      }),
    )
    expectTypeOf(withBoth.utils.countOpen).toEqualTypeOf<() => number>()
    expectTypeOf(withBoth.utils.acceptMutations).returns.toEqualTypeOf<Promise<void>>()
  })

  it('take the transaction of a manual transaction', () => {
    createTransaction({
      mutationFn: ({ transaction }) => todos.utils.acceptMutations(transaction),
    })
    createTransaction<Todo>({
      mutationFn: async ({ transaction }) => {
        expectTypeOf(await persistence.commit(transaction)).toEqualTypeOf<Position>()
      },
    })
    createTransaction({
      mutationFn: ({ transaction }) => persistence.commit(transaction),
    })
  })
})

describe('a live query', () => {
  it('has the types of what it selects, from both kinds of collections', () => {
    const query = createLiveQueryCollection((q) =>
      q
        .from({ todo: todos })
        .join({ task: tasks }, ({ todo, task }) => eq(todo.title, task.title), 'inner')
        .select(({ todo, task }) => ({ id: todo.id, due: task.due, done: task.done })),
    )
    const [row] = query.toArray
    expectTypeOf(row!.id).toEqualTypeOf<number>()
    expectTypeOf(row!.due).toEqualTypeOf<Date>()
    expectTypeOf(row!.done).toEqualTypeOf<boolean>()
  })

  it('of a whole collection has its rows', () => {
    const query = createLiveQueryCollection((q) => q.from({ todo: todos }))
    expectTypeOf(query.toArray[0]!.title).toEqualTypeOf<string>()
  })
})

describe('wrong options', () => {
  const getKey = (todo: Todo): number => todo.id

  it('are errors', () => {
    // @ts-expect-error the id is missing
    persistedCollectionOptions({ persistence, getKey })
    // @ts-expect-error the persistence is missing
    persistedCollectionOptions({ id: 'todos', getKey })
    // @ts-expect-error the getKey is missing
    persistedCollectionOptions({ id: 'todos', persistence })
    // @ts-expect-error a persistence is a daybook
    persistedCollectionOptions({ id: 'todos', getKey, persistence: 'daybook.db' })
    // @ts-expect-error a key is a text or a number
    persistedCollectionOptions({ id: 'todos', persistence, getKey: (todo: Todo) => todo.due })
    // @ts-expect-error a source has a function
    persistedCollectionOptions({ id: 'todos', persistence, getKey, sync: { sync: 5 } })
    // @ts-expect-error there is no such durability
    openDaybook({ filename: 'x.db', durability: 'none' })
    // @ts-expect-error a filename is a text
    openDaybook({ filename: 5 })
  })
})

describe('a daybook', () => {
  it('has the types that its page says', () => {
    expectTypeOf(persistence).toEqualTypeOf<Daybook>()
    expectTypeOf(persistence.ready).toEqualTypeOf<Promise<void>>()
    expectTypeOf(persistence.head()).toEqualTypeOf<Promise<Position>>()
    expectTypeOf(persistence.stats()).toEqualTypeOf<Promise<Stats>>()
    expectTypeOf(persistence.verify()).toEqualTypeOf<Promise<Verification>>()
    expectTypeOf(persistence.close()).toEqualTypeOf<Promise<void>>()
    expectTypeOf(persistence.entries()).toExtend<AsyncIterable<DecodedEntry>>()
    expectTypeOf<Daybook>().toExtend<AsyncDisposable>()
  })

  it('has ops that say by their name what they have', () => {
    expectTypeOf<Extract<Op, { op: 'put' }>['value']>().toEqualTypeOf<object>()
    expectTypeOf<Op['collection']>().toEqualTypeOf<string>()
    // @ts-expect-error a put has a value
    persistence.write([{ op: 'put', collection: 'todos', key: 1 }])
  })

  it('gives each event what it is about', () => {
    persistence.on('error', (error) => expectTypeOf(error).toEqualTypeOf<unknown>())
    persistence.on('warning', (warning) => expectTypeOf(warning).toEqualTypeOf<string>())
    expectTypeOf(persistence.on('error', () => undefined)).toEqualTypeOf<() => void>()
    // @ts-expect-error there is no such event
    persistence.on('explosion', () => undefined)
  })
})

describe('schemaVersion and migrate', () => {
  const base = { id: 'todos', persistence, getKey: (todo: Todo) => todo.id }

  it('leave the rows and keys as getKey has them', () => {
    const migrated = createCollection(
      persistedCollectionOptions({
        ...base,
        schemaVersion: 2,
        migrate: (row, fromVersion, about) => {
          expectTypeOf(row).toBeAny()
          expectTypeOf(fromVersion).toEqualTypeOf<number>()
          expectTypeOf(about).toEqualTypeOf<MigratedRow>()
          return fromVersion < 2 ? { ...row, done: false } : row
        },
      }),
    )
    expectTypeOf(migrated.get).parameter(0).toEqualTypeOf<number>()
    expectTypeOf(migrated.get(1)!).toExtend<Todo>()
    expectTypeOf(migrated.insert).parameter(0).toEqualTypeOf<Todo | Todo[]>()
  })

  it('let the author say what the older row was', () => {
    persistedCollectionOptions({
      ...base,
      schemaVersion: 2,
      migrate: (row: { id: number; text: string }) => ({ id: row.id, title: row.text }),
    })
  })

  it('must give a row of the present version', () => {
    // @ts-expect-error the title is missing
    persistedCollectionOptions({
      ...base,
      schemaVersion: 2,
      migrate: (row: { id: number }) => ({ id: row.id }),
    })
    // @ts-expect-error a version is a number
    persistedCollectionOptions({ ...base, schemaVersion: '2' })
    // @ts-expect-error it answers at once
    persistedCollectionOptions({ ...base, schemaVersion: 2, migrate: async (row: Todo) => row })
  })

  it('go with a schema, and with a source', () => {
    persistedCollectionOptions({
      id: 'tasks',
      persistence,
      schema: taskSchema,
      getKey: (task) => task.id,
      schemaVersion: 2,
      migrate: (row) => ({ ...row }),
    })
    const synced = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        persistence,
        getKey: (todo: Todo) => todo.id,
        sync: { sync: () => undefined } satisfies SyncConfig<Todo, number>,
        schemaVersion: 2,
        migrate: (row) => ({ ...row }),
      }),
    )
    expectTypeOf(synced.get(1)!).toExtend<Todo>()
  })

  it('of the event say which collection was reset', () => {
    persistence.on('reset', (event) => {
      expectTypeOf(event).toEqualTypeOf<{
        readonly collection: string
        readonly from: number
        readonly to: number
      }>()
    })
  })
})
