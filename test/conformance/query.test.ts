/**
 * What @tanstack/query-db-collection says of its collections, on a collection as it is and on one that a daybook keeps:
 * https://tanstack.com/db/latest/docs/collections/query-collection
 */

import { eq } from '@tanstack/db'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventually } from '../runtime/fixture.js'
import { endAll, type Life, QueryApp, type Wrapping } from './query.js'

beforeEach(() => {
  // Query says there what fails, and TanStack DB what is deprecated; the tests look at what reaches the app.
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})

afterEach(async () => {
  await endAll()
  vi.restoreAllMocks()
})

const one = { id: 1, title: 'one', done: false }
const two = { id: 2, title: 'two', done: false }
const three = { id: 3, title: 'three', done: true }
const ALL = [one, two, three]

type Build = (q: never, todos: Life['todos']) => unknown
interface Builder {
  from(source: object): Builder
  where(condition: (row: { todo: Record<string, never> }) => unknown): Builder
  orderBy(by: (row: { todo: Record<string, never> }) => unknown): Builder
  limit(count: number): Builder
}
const from = (q: never, todo: Life['todos']): Builder => (q as Builder).from({ todo })

const all: Build = (q, todos) => from(q, todos)
const open: Build = (q, todos) => from(q, todos).where(({ todo }) => eq(todo.done as never, false))
const page: Build = (q, todos) =>
  from(q, todos)
    .orderBy(({ todo }) => todo.id)
    .limit(2)

async function shows(life: { ids(): number[] } | Life, ids: readonly number[]): Promise<void> {
  const now = (): number[] => (typeof life.ids === 'function' ? life.ids() : life.ids)
  await eventually(() => JSON.stringify([...now()].sort()) === JSON.stringify(ids), `rows ${ids}`)
}

describe.each<Wrapping>(['unwrapped', 'wrapped'])('%s', (wrapping) => {
  const app = (rows = ALL) => QueryApp.make(wrapping, rows)

  describe('eager', () => {
    test('the first fetch makes it ready, with the rows of the server', async () => {
      const { todos, ids } = await readied(await app())
      expect(todos.status).toBe('ready')
      expect(ids).toEqual([1, 2, 3])
    })

    test('a refetch brings what the server has, and takes what it has not', async () => {
      const { server, life } = await started()
      server.rows.delete(1)
      server.rows.set(4, { id: 4, title: 'four' })
      await life.utils.refetch()
      await shows(life, [2, 3, 4])
    })

    test('rows that were deleted on the server while the app was away go at the next start', async () => {
      const { its, server, life } = await started()
      await life.end()
      server.rows.delete(1)
      const next = its.start()
      await next.todos.preload()
      await shows(next, [2, 3])
    })

    test('a row of writeInsert that the server does not have goes with the next fetch, also at a later start', async () => {
      const { its, life } = await started()
      await life.utils.writeInsert({ id: 9, title: 'nine' })
      expect(life.ids).toEqual([1, 2, 3, 9])
      await life.utils.refetch()
      await shows(life, [1, 2, 3])
      await life.utils.writeInsert({ id: 9, title: 'nine' })
      await life.end()
      const next = its.start()
      await next.todos.preload()
      await shows(next, [1, 2, 3])
    })

    test('writes of the app itself: an update, an upsert, a delete, several in one', async () => {
      const { life } = await started()
      await life.utils.writeUpdate({ id: 1, title: 'first' })
      await life.utils.writeUpsert({ id: 5, title: 'five' })
      await life.utils.writeDelete(2)
      await life.utils.writeBatch(() => {
        void life.utils.writeInsert({ id: 6, title: 'six' })
        void life.utils.writeDelete(3)
      })
      expect(life.ids).toEqual([1, 5, 6])
      expect(life.todos.get(1)?.title).toBe('first')
    })

    test('what the app writes starts the collection', async () => {
      const life = (await app()).start()
      await life.utils.writeInsert({ id: 9, title: 'nine' })
      expect(life.todos.status).not.toBe('idle')
      await life.todos.preload()
    })

    test('a mutation goes to the server, and what it made of it comes back', async () => {
      const { life } = await started()
      await life.todos.update(1, (draft) => {
        draft.done = true
      }).isPersisted.promise
      await eventually(() => life.todos.get(1)?.version === 1)
      expect(life.todos.get(1)).toMatchObject({ done: true, version: 1 })
    })

    test('a mutation that the server refuses is taken back, and rejects with its error', async () => {
      const { life, server } = await started()
      server.status = 500
      const update = life.todos.update(1, (draft) => {
        draft.done = true
      })
      await expect(update.isPersisted.promise).rejects.toThrow('the server answered 500')
      expect(life.todos.get(1)?.done).toBe(false)
    })

    test('a first fetch that fails puts it in error, and a later one brings it back', async () => {
      const its = await app()
      its.server.status = 500
      const life = its.start()
      await expect(life.todos.preload()).rejects.toThrow('the server answered 500')
      expect(life.todos.status).toBe('error')
      expect(life.utils.isError).toBe(true)
      its.server.status = undefined
      await life.utils.refetch()
      await shows(life, [1, 2, 3])
      expect(life.utils.isError).toBe(false)
    })

    test('initialData is shown at once', async () => {
      const its = await app()
      const life = its.start({ initialData: [one] })
      await life.todos.preload()
      await shows(life, [1, 2, 3])
    })

    test('a client that has the data already is not fetched from again', async () => {
      const its = await app()
      const life = its.start({ staleTime: Number.POSITIVE_INFINITY })
      life.client.setQueryData(['todos'], [two])
      await life.todos.preload()
      await shows(life, [2])
      expect(its.server.requests).toEqual([])
    })

    test('invalidateQueries fetches', async () => {
      const { life, server } = await started()
      server.rows.delete(1)
      await life.client.invalidateQueries({ queryKey: ['todos'] })
      await shows(life, [2, 3])
    })

    async function readied(its: QueryApp): Promise<Life> {
      const life = its.start()
      await life.todos.preload()
      return life
    }

    async function started() {
      const its = await app()
      const life = await readied(its)
      await life.fetched()
      return { its, life, server: its.server }
    }
  })

  describe('on demand', () => {
    // Docs: "rows are loaded on-demand when live queries request them".
    const onDemand = (its: QueryApp, config = {}): Life => its.start({ syncMode: 'on-demand', ...config })

    test('a live query loads its rows, and no others', async () => {
      const life = onDemand(await app())
      const live = life.live(open)
      await live.preload()
      await shows(live, [1, 2])
      expect(life.ids).toEqual([1, 2])
    })

    test.each([
      ['by default', {}],
      ['with persistedGcTime 0', { persistedGcTime: 0 }],
      ['with persistedGcTime Infinity', { persistedGcTime: Number.POSITIVE_INFINITY }],
      ['with gcTime 0', { gcTime: 0 }],
    ])('a row that no longer fits leaves, whoever has loaded it before: %s', async (_name, config) => {
      const its = await app()
      const life = onDemand(its, config)
      const before = life.live(all)
      await before.preload()
      await shows(before, [1, 2, 3])
      await before.cleanup()
      const live = life.live(open)
      await live.preload()
      await shows(live, [1, 2])
      // By somebody else …
      its.server.rows.set(1, { ...one, done: true })
      await life.utils.refetch()
      await shows(live, [2])
      // … by the user …
      await life.todos.update(2, (draft) => {
        draft.done = true
      }).isPersisted.promise
      await shows(live, [])
      await life.end()
      // … and after a restart.
      const next = onDemand(its, config)
      const again = next.live(open)
      await again.preload()
      await next.fetched()
      await shows(again, [])
    })

    test('rows that went while the app was away go when their subset is answered', async () => {
      const its = await app()
      const life = onDemand(its)
      await life.live(all).preload()
      await life.end()
      its.server.rows.set(1, { ...one, done: true })
      its.server.rows.delete(2)
      const next = onDemand(its)
      const live = next.live(open)
      await live.preload()
      await next.fetched()
      await shows(live, [])
    })

    test('a page too', async () => {
      const its = await app()
      const life = onDemand(its)
      const first = life.live(page)
      await first.preload()
      await shows(first, [1, 2])
      await life.end()
      its.server.rows.delete(1)
      const next = onDemand(its)
      const live = next.live(page)
      await live.preload()
      await shows(live, [2, 3])
    })

    test('a row of writeInsert that the server does not have goes, from pages too', async () => {
      const its = await app()
      const life = onDemand(its)
      const [some, first] = [life.live(open), life.live(page)]
      await Promise.all([some.preload(), first.preload()])
      await life.utils.writeInsert({ id: 0, title: 'zero', done: false })
      await shows(some, [0, 1, 2])
      await life.end()
      const next = onDemand(its)
      const [again, next2] = [next.live(open), next.live(page)]
      await Promise.all([again.preload(), next2.preload()])
      await shows(again, [1, 2])
      await shows(next2, [1, 2])
    })

    test('a closed live query takes its rows along, and has them when it is opened again', async () => {
      const life = onDemand(await app())
      const live = life.live(open)
      await live.preload()
      await live.cleanup()
      await eventually(() => life.ids.length === 0, 'no rows')
      const again = life.live(open)
      await again.preload()
      await shows(again, [1, 2])
    })

    test('a fetch that fails fails its live query', async () => {
      const its = await app()
      its.server.status = 500
      const life = onDemand(its)
      const live = life.live(open)
      await expect(live.preload()).rejects.toThrow('the server answered 500')
      expect(live.status).toBe('error')
    })

    test('invalidateQueries fetches what is shown', async () => {
      const its = await app()
      const life = onDemand(its)
      const live = life.live(open)
      await live.preload()
      its.server.rows.delete(1)
      await life.client.invalidateQueries({ queryKey: ['todos'] })
      await shows(live, [2])
    })
  })

  test('another queryKey under the same id shows its own rows only', async () => {
    const its = await app()
    const life = its.start({ queryKey: ['todos', 'Ada'] })
    await life.todos.preload()
    await life.end()
    its.server.rows.delete(1)
    const next = its.start({ queryKey: ['todos', 'Bob'] })
    const seen: number[] = []
    next.todos.subscribeChanges((changes) => seen.push(...changes.map(({ key }) => key as number)))
    await next.todos.preload()
    await shows(next, [2, 3])
    expect(seen).not.toContain(1)
  })
})

describe('kept', () => {
  const app = () => QueryApp.make('wrapped', ALL)

  test('initialData does not replace the rows on disk where nothing can be fetched', async () => {
    const its = await app()
    const life = its.start({ initialData: [] })
    await life.todos.preload()
    await shows(life, [1, 2, 3])
    await life.end()
    its.server.status = 500
    const next = its.start({ initialData: [] })
    await next.todos.preload()
    await next.fetched()
    expect(next.ids).toEqual([1, 2, 3])
    await next.end()
    const last = its.start()
    await last.todos.preload()
    expect(last.ids).toEqual([1, 2, 3])
  })

  test('what a live query has loaded and left is there without the server', async () => {
    const its = await app()
    const life = its.start({ syncMode: 'on-demand', gcTime: 0 })
    const live = life.live(open)
    await live.preload()
    await live.cleanup()
    await life.end()
    its.server.status = 500
    const next = its.start({ syncMode: 'on-demand' })
    const again = next.live(open)
    await again.preload()
    expect([...again.ids()].sort()).toEqual([1, 2])
  })

  test('another queryKey shows nothing of the former one, offline neither, and an identity that is given counts instead', async () => {
    const its = await app()
    const life = its.start({ queryKey: ['todos', 'Ada'], identity: 'Ada' })
    await life.todos.preload()
    await life.end()
    its.server.status = 500
    const same = its.start({ queryKey: ['todos', 'Ada', Math.random()], identity: 'Ada' })
    await same.todos.preload()
    expect(same.ids).toEqual([1, 2, 3])
    await same.end()
    const other = its.start({ queryKey: ['todos', 'Bob'] })
    await expect(other.todos.preload()).rejects.toThrow()
    expect(other.ids).toEqual([])
  })
})
