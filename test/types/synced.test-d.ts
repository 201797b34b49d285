/** Claims about the types of synced collections; nobody writes a type parameter. Nothing here runs. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import {
  collectionOptions,
  createCollection,
  createLiveQueryCollection,
  DbClient,
  eq,
  type SyncConfig,
} from '@tanstack/db'
import { electricCollectionOptions } from '@tanstack/electric-db-collection'
import { QueryClient } from '@tanstack/query-core'
import { queryCollectionOptions } from '@tanstack/query-db-collection'
import { describe, expectTypeOf, it } from 'vitest'
import { openDaybook, persistedCollectionOptions } from '../../src/node.js'
import { type Task, taskSchema } from './schema.js'

interface Todo {
  id: number
  title: string
  done?: boolean
  due?: Date
}

const persistence = openDaybook({ filename: 'types.db' })
const queryClient = new QueryClient()
const fetchTodos = async (): Promise<Todo[]> => []

const queried = createCollection(
  persistedCollectionOptions({
    ...queryCollectionOptions({
      id: 'todos',
      queryKey: ['todos'],
      queryFn: fetchTodos,
      queryClient,
      getKey: (todo) => todo.id,
      onInsert: async ({ transaction }) => {
        expectTypeOf(transaction.mutations[0].modified).toEqualTypeOf<Todo>()
      },
    }),
    persistence,
  }),
)

const tasks = createCollection(
  persistedCollectionOptions({
    ...queryCollectionOptions({
      id: 'tasks',
      queryKey: ['tasks'],
      queryFn: async (): Promise<Task[]> => [],
      queryClient,
      schema: taskSchema,
      getKey: (task) => task.id,
    }),
    persistence,
  }),
)

interface Issue extends Record<string, unknown> {
  id: string
  title: string
  due: Date
}
declare const issueSchema: StandardSchemaV1<{ id: string; title: string; due: string }, Issue>

const issues = createCollection(
  persistedCollectionOptions({
    ...electricCollectionOptions({
      id: 'issues',
      schema: issueSchema,
      shapeOptions: { url: 'http://localhost/v1/shape', params: { table: 'issues' } },
      getKey: (issue) => issue.id,
      onInsert: async ({ transaction }) => {
        expectTypeOf(transaction.mutations[0].modified.due).toEqualTypeOf<Date>()
        return { txid: 5 }
      },
    }),
    persistence,
  }),
)

const notes = createCollection(
  persistedCollectionOptions({
    ...electricCollectionOptions({
      id: 'notes',
      shapeOptions: { url: 'http://localhost/v1/shape', params: { table: 'notes' } },
      getKey: (note: { id: string; text: string }) => note.id,
    }),
    persistence,
  }),
)

const sync: SyncConfig<Todo, number> = { sync: ({ markReady }) => markReady() }

const custom = createCollection(
  persistedCollectionOptions({
    id: 'todos',
    getKey: (todo: Todo) => todo.id,
    sync,
    utils: { pull: async (): Promise<number> => 5 },
    persistence,
    schemaVersion: 2,
    readiness: 'remote',
  }),
)

describe('a Query collection', () => {
  it('has the rows of its queryFn and the keys of its getKey', () => {
    expectTypeOf(queried.get(1)!).toExtend<Todo>()
    expectTypeOf(queried.get(1)!.due).toEqualTypeOf<Date | undefined>()
    expectTypeOf(queried.toArray[0]!.title).toEqualTypeOf<string>()
    expectTypeOf(queried.insert).parameter(0).toEqualTypeOf<Todo | Todo[]>()
    // @ts-expect-error there is no such field
    queried.get(1)?.titel
    // @ts-expect-error the title is missing
    queried.insert({ id: 1 })
    // @ts-expect-error the key is a number
    queried.get('1')
    queried.update(1, (draft) => {
      expectTypeOf(draft.title).toEqualTypeOf<string>()
      // @ts-expect-error the title is a text
      draft.title = 5
    })
  })

  it('keeps the utils of Query', () => {
    expectTypeOf(queried.utils.refetch).toBeFunction()
    expectTypeOf(queried.utils.writeInsert).parameter(0).toEqualTypeOf<Todo | Todo[]>()
    expectTypeOf(queried.utils.isFetching).toEqualTypeOf<boolean>()
    // @ts-expect-error there is no such util
    queried.utils.acceptMutations
  })

  it('has rows as its schema gives them, and takes inserts as it takes them', () => {
    expectTypeOf(tasks.get('1')!).toExtend<Task>()
    expectTypeOf(tasks.get('1')!.due).toEqualTypeOf<Date>()
    tasks.insert({ id: '1', title: 'x', due: '2024-01-01' })
    // @ts-expect-error due is missing
    tasks.insert({ id: '1', title: 'x' })
  })
})

describe('an Electric collection', () => {
  it('has rows as its schema gives them, and takes inserts as it takes them', () => {
    expectTypeOf(issues.get('1')!.due).toEqualTypeOf<Date>()
    expectTypeOf(issues.get('1')!.title).toEqualTypeOf<string>()
    issues.insert({ id: '1', title: 'x', due: '2024-01-01' })
    // @ts-expect-error due is missing
    issues.insert({ id: '1', title: 'x' })
  })

  it('has the rows of its getKey where it has no schema', () => {
    expectTypeOf(notes.get('1')!.text).toEqualTypeOf<string>()
    // @ts-expect-error the text is a text
    notes.insert({ id: '1', text: 5 })
  })

  it('keeps the utils of Electric', () => {
    expectTypeOf(issues.utils.awaitTxId).parameter(0).toEqualTypeOf<number>()
    expectTypeOf(notes.utils.awaitMatch).toBeFunction()
    expectTypeOf(notes.utils.awaitTxId(5)).toEqualTypeOf<Promise<boolean>>()
  })
})

describe("a collection with a sync of one's own", () => {
  it('has its rows, keys and utils', () => {
    expectTypeOf(custom.get(1)!).toExtend<Todo>()
    expectTypeOf(custom.get).parameter(0).toEqualTypeOf<number>()
    expectTypeOf(custom.utils.pull).toEqualTypeOf<() => Promise<number>>()
    expectTypeOf(custom.insert).parameter(0).toEqualTypeOf<Todo | Todo[]>()
    // @ts-expect-error there is no such field
    custom.insert({ id: 1, title: 'x', priority: 1 })
  })

  it('infers the parameters of a sync that is written in place', () => {
    const inPlace = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (todo: Todo) => todo.id,
        sync: {
          sync: ({ begin, write, commit, markReady, metadata }) => {
            begin()
            write({ type: 'insert', value: { id: 1, title: 'x' } })
            commit()
            markReady()
            expectTypeOf(metadata?.collection.get('cursor')).toEqualTypeOf<unknown>()
          },
        },
        persistence,
      }),
    )
    expectTypeOf(inPlace.get(1)!.title).toEqualTypeOf<string>()
  })
})

describe('a live query', () => {
  it('has the types of what it selects, from every kind of collection', () => {
    const query = createLiveQueryCollection((q) =>
      q
        .from({ todo: queried })
        .join({ task: tasks }, ({ todo, task }) => eq(todo.title, task.title), 'inner')
        .join({ issue: issues }, ({ todo, issue }) => eq(todo.title, issue.title), 'inner')
        .join({ own: custom }, ({ todo, own }) => eq(todo.id, own.id), 'inner')
        .select(({ todo, task, issue, own }) => ({
          id: todo.id,
          done: task.done,
          due: issue.due,
          title: own.title,
        })),
    )
    const [row] = query.toArray
    expectTypeOf(row!.id).toEqualTypeOf<number>()
    expectTypeOf(row!.done).toEqualTypeOf<boolean>()
    expectTypeOf(row!.due).toEqualTypeOf<Date>()
    expectTypeOf(row!.title).toEqualTypeOf<string>()
  })

  it('of a whole collection has its rows', () => {
    const query = createLiveQueryCollection((q) => q.from({ note: notes }))
    expectTypeOf(query.toArray[0]!.text).toEqualTypeOf<string>()
  })
})

describe('a description for several clients', () => {
  it('has the types of the collection that it makes', () => {
    const described = collectionOptions('todos', () =>
      persistedCollectionOptions({
        ...queryCollectionOptions({
          id: 'todos',
          queryKey: ['todos'],
          queryFn: fetchTodos,
          queryClient,
          getKey: (todo) => todo.id,
        }),
        persistence,
      }),
    )
    const todos = new DbClient().collection(described)
    expectTypeOf(todos.get(1)!.title).toEqualTypeOf<string>()
    expectTypeOf(todos.utils.refetch).toBeFunction()
  })
})

describe('wrong options', () => {
  const options = queryCollectionOptions({
    id: 'x',
    queryKey: ['x'],
    queryFn: fetchTodos,
    queryClient,
    getKey: (x) => x.id,
  })

  it('are errors', () => {
    // @ts-expect-error the persistence is missing
    persistedCollectionOptions({ ...options })
    // @ts-expect-error a persistence is a daybook
    persistedCollectionOptions({ ...options, persistence: 'daybook.db' })
    // @ts-expect-error there is no such readiness
    persistedCollectionOptions({ ...options, persistence, readiness: 'soon' })
    // @ts-expect-error there is no such strategy
    persistedCollectionOptions({ ...options, persistence, initialRender: { strategy: 'disk-first' } })
    // @ts-expect-error a source has a function
    persistedCollectionOptions({ id: 'x', getKey: (todo: Todo) => todo.id, sync: { sync: 5 }, persistence })
  })
})
