// @vitest-environment jsdom

/** React's hooks over collections on disk, with the real React and real files. */

import { type Collection, useLiveQuery, useLiveSuspenseQuery } from '@tanstack/react-db'
import { cleanup, render, screen } from '@testing-library/react'
import { Component, type ReactNode, StrictMode, Suspense } from 'react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { complete, eventually, newFile, open, type Todo, todosOf } from '../runtime/fixture.js'
import { RestServer } from '../support/rest-server.js'
import { queryTodos, synced } from './query.js'
import { type Extra, LiveServer, syncedTodos } from './source.js'

const milk = { id: 1, title: 'Buy milk' }
const book = { id: 2, title: 'Keep the book' }

type Todos = Collection<Todo, number, never, never, never>

beforeEach(() => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
})
afterEach(cleanup)

const List = ({ todos }: { todos: unknown }) => {
  const { data, status, persistedStatus } = useLiveQuery((q) =>
    q.from({ todo: todos as Todos }).orderBy(({ todo }) => todo.id),
  )
  return <Rows rows={data} says={`${status}, on disk ${persistedStatus}`} />
}

const SuspendedList = ({ todos }: { todos: unknown }) => {
  const { data } = useLiveSuspenseQuery((q) =>
    q.from({ todo: todos as Todos }).orderBy(({ todo }) => todo.id),
  )
  return <Rows rows={data} says="rendered" />
}

const Rows = ({ rows, says }: { rows: readonly Todo[]; says: string }) => (
  <p data-testid="list">
    {says}: {rows.map(({ title }) => title).join(', ')}
  </p>
)

class Boundary extends Component<{ children: ReactNode }> {
  override state: { error?: Error } = {}
  static getDerivedStateFromError = (error: Error) => ({ error })
  override render = () =>
    this.state.error === undefined ? (
      this.props.children
    ) : (
      <p data-testid="list">failed: {this.state.error.message}</p>
    )
}

const suspended = (todos: unknown): ReactNode => (
  <Boundary>
    <Suspense fallback={<p data-testid="list">waiting</p>}>
      <SuspendedList todos={todos} />
    </Suspense>
  </Boundary>
)

const shown = (): string => screen.getByTestId('list').textContent as string
const shows = (text: string): Promise<void> => eventually(() => shown() === text, `${JSON.stringify(text)}`)

describe('useLiveQuery', () => {
  test('of a local-only collection shows what is on disk, and what is inserted', async () => {
    const file = newFile()
    const first = open(file)
    await todosOf(first).insert(milk).isPersisted.promise
    await first.close()
    const todos = todosOf(open(file))
    render(<List todos={todos} />)
    await shows('ready, on disk ready: Buy milk')
    await todos.insert(book).isPersisted.promise
    await shows('ready, on disk ready: Buy milk, Keep the book')
    todos.delete(1)
    await shows('ready, on disk ready: Keep the book')
  })

  test('of a Query collection shows the rows on disk without its server, and follows it when it is back', async () => {
    const server = await RestServer.start([milk])
    const file = await synced(server)
    await server.stop()
    const todos = queryTodos(open(file), server)
    render(<List todos={todos} />)
    await shows('ready, on disk ready: Buy milk')
    server.rows.set(2, book)
    await server.start()
    await eventually(async () => {
      await todos.utils.refetch()
      return shown() === 'ready, on disk ready: Buy milk, Keep the book'
    }, 'the new row')
  })

  test("with readiness: 'remote' tells the rows on disk from those of the source", async () => {
    const file = await filled()
    const todos = syncedTodos(open(file), { sync: { sync: () => undefined } }, { readiness: 'remote' })
    render(<List todos={todos} />)
    await shows('loading, on disk ready: Buy milk')
  })

  test('of a collection that cannot be read is in error', async () => {
    const todos = todosOf(open('/nowhere/at/all.db'))
    render(<List todos={todos} />)
    await shows('error, on disk error: ')
  })
})

describe('useLiveSuspenseQuery', () => {
  test('renders the rows on disk without a server', async () => {
    const server = await RestServer.start([milk, book])
    const file = await synced(server)
    await server.stop()
    render(suspended(queryTodos(open(file), server)))
    expect(shown()).toBe('waiting')
    await shows('rendered: Buy milk, Keep the book')
  })

  test('with network-first renders them when the source is silent for too long', async () => {
    const initialRender: Extra = { initialRender: { strategy: 'network-first', networkTimeoutMs: 20 } }
    const todos = syncedTodos(open(await filled()), { sync: { sync: () => undefined } }, initialRender)
    render(suspended(todos))
    await shows('rendered: Buy milk')
  })

  test('throws to the error boundary when nothing is on disk and the server is away', async () => {
    const server = await RestServer.start()
    await server.stop()
    const file = newFile()
    render(suspended(queryTodos(open(file), server)))
    await eventually(() => shown() !== 'waiting', 'the error')
    expect(shown()).toMatch(/^failed: /)
  })
})

describe('components that come and go', () => {
  test('StrictMode mounts twice; there is one run of the collection', async () => {
    const server = new LiveServer()
    server.put(milk)
    const todos = syncedTodos(open(), server)
    render(
      <StrictMode>
        <List todos={todos} />
      </StrictMode>,
    )
    await shows('ready, on disk ready: Buy milk')
    server.put(book)
    await shows('ready, on disk ready: Buy milk, Keep the book')
    expect(server.starts).toBe(1)
  })

  test('unmounted and mounted again, they show the rows again, with a source of a new run', async () => {
    const server = new LiveServer()
    server.put(milk)
    const todos = syncedTodos(open(), server, { gcTime: 1 })
    for (let round = 1; round <= 3; round++) {
      const { unmount } = render(<List todos={todos} />)
      await shows('ready, on disk ready: Buy milk')
      await eventually(() => server.running === 1, 'the source')
      unmount()
      await eventually(() => todos.status === 'cleaned-up', 'the end')
      expect(server.starts).toBe(round)
    }
  })
})

/** A file whose source was ready once, with one row. */
async function filled(): Promise<string> {
  const server = new LiveServer()
  server.put(milk)
  const file = newFile()
  const daybook = open(file)
  const todos = syncedTodos(daybook, server)
  await todos.preload()
  await complete(daybook)
  await todos.cleanup()
  await daybook.close()
  return file
}
