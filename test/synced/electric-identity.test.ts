/** Which shape the rows of an Electric collection are of: another one under the same id never shows them. */

import { createCollection } from '@tanstack/db'
import { electricCollectionOptions } from '@tanstack/electric-db-collection'
import { expect, test } from 'vitest'
import { persistedCollectionOptions } from '../../src/node.js'
import { probeShape } from '../../src/runtime/collections/synced/adapters/electric-probe.js'
import { eventually, newFile, open, rowsIn, rowsOnDisk, transactionsIn } from '../runtime/fixture.js'
import { type ElectricSettings, electricTodos, idsOf, serverWith, synced, titled } from './electric.js'

const milk = { id: 'a', title: 'Buy milk' }
const tea = { id: 'b', title: 'Buy milk' }
const todo = { params: { where: 'done = false' } }
const done = { params: { where: 'done = true' } }
const MODES = ['eager', 'on-demand', 'progressive'] as const

/** A server and a file that has what one shape of it had. */
async function keptAs(settings: ElectricSettings) {
  const server = await serverWith(milk)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server, settings)
  await todos.preload()
  const live = titled(todos, 'Buy milk')
  await live.preload()
  await eventually(async () => (await identityIn(file)) !== undefined, 'the identity')
  await todos.cleanup()
  await daybook.close()
  return { server, file }
}

async function identityIn(file: string): Promise<string | undefined> {
  const daybook = open(file)
  const { state } = await daybook.journal.query('todos')
  const found = state.find(({ name }) => name === '"daybook:identity"')
  await daybook.close()
  const identity = found && (JSON.parse(found.value) as string)
  return identity?.startsWith('table:') === true ? undefined : identity
}

test('the identity is in the entry of the first rows, and is the shape', async () => {
  const server = await serverWith(milk)
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server, todo)
  await todos.preload()
  await todos.cleanup()
  const [first] = await transactionsIn(daybook)
  const shape = { params: { table: 'todos', where: 'done = false' }, url: server.url }
  expect(first?.ops).toMatchObject([
    { op: 'put', key: 'a' },
    { op: 'state', name: 'electric:resume' },
    { op: 'state', name: 'daybook:identity', value: JSON.stringify(shape) },
    { op: 'state', name: 'daybook:complete', value: true },
  ])
})

test.each(MODES)(
  '%s: the same shape asks nobody, and shows its rows without the server',
  async (syncMode) => {
    const { server, file } = await keptAs({ syncMode })
    const seen = server.requests.length
    const release = server.hold()
    const todos = electricTodos(open(file), server, { syncMode })
    await todos.preload()
    const live = titled(todos, 'Buy milk')
    await live.preload()
    expect(rowsIn(live)).toEqual([milk])
    // That of the run, and none of looking who it is.
    await eventually(() => server.requests.length > seen, 'the run')
    const stream = server.requests.slice(seen).filter(({ offset }) => offset !== null)
    expect(stream.map(({ handle }) => handle)).not.toContain('none')
    release()
  },
)

test.each(MODES)('%s: rows of another shape are not shown, and go', async (syncMode) => {
  const { server, file } = await keptAs({ syncMode, ...todo })
  const release = server.hold()
  const todos = electricTodos(open(file), server, { syncMode, ...done })
  const live = titled(todos, 'Buy milk')
  const ready = live.preload()
  await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 0, 'the reset')
  expect(todos.status).toBe('loading')
  expect(live.status).toBe('loading')
  expect([todos.size, live.size]).toEqual([0, 0])
  server.change('delete', { ...milk })
  server.change('insert', tea)
  release()
  await ready
  await eventually(() => idsOf(live).join() === 'b', 'the rows of the other one')
  expect(idsOf(todos)).toEqual(['b'])
  await eventually(async () => [...(await rowsOnDisk(file, 'todos')).keys()].join() === 'b')
  await eventually(async () => (await identityIn(file))?.includes('done = true') === true, 'its identity')
})

test.each(MODES)('%s: an identity of the app stands for the shape', async (syncMode) => {
  const { server, file } = await keptAs({ syncMode, ...todo, identity: 'Ann' })
  await server.stop()
  const same = open(file)
  const todos = electricTodos(same, server, { syncMode, ...done, identity: 'Ann' })
  await todos.preload()
  const live = titled(todos, 'Buy milk')
  await live.preload()
  expect(rowsIn(live)).toEqual([milk])
  await todos.cleanup()
  await same.close()
  const others = electricTodos(open(file), server, { syncMode, ...todo, identity: 'Bob' })
  others.startSyncImmediate()
  await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 0, 'the reset')
  expect(others.size).toBe(0)
})

test('on demand, rows of another shape under the same identity of the app go when that one has begun', async () => {
  const syncMode = 'on-demand'
  const { server, file } = await keptAs({ syncMode, ...todo, identity: 'Ann' })
  server.change('delete', { ...milk })
  server.change('insert', tea)
  const todos = electricTodos(open(file), server, { syncMode, ...done, identity: 'Ann' })
  const live = titled(todos, 'Buy milk')
  await live.preload()
  await eventually(() => idsOf(live).join() === 'b', 'the rows of the other one')
  await eventually(async () => [...(await rowsOnDisk(file, 'todos')).keys()].join() === 'b')
})

test('another context that begins with another shape ends this one with an error', async () => {
  const server = await serverWith(milk)
  const file = newFile()
  const here = electricTodos(open(file), server, todo)
  await here.preload()
  const there = electricTodos(open(file), server, done)
  await there.preload()
  await eventually(() => here.status === 'error', 'the error')
  expect(rowsIn(there)).toEqual([milk])
})

test('a context that follows learns which shape is shown, and takes no other for its own', async () => {
  const server = await serverWith(milk)
  const file = newFile()
  const release = server.hold()
  const owner = electricTodos(open(file), server, todo)
  const same = electricTodos(open(file), server, todo)
  const other = electricTodos(open(file), server, done)
  owner.startSyncImmediate()
  await eventually(() => server.requests.length > 0, 'the owner')
  same.startSyncImmediate()
  other.startSyncImmediate()
  release()
  await same.preload()
  await eventually(() => other.status === 'error' || owner.status === 'error', 'one of both')
  expect(rowsIn(same)).toEqual([milk])
})

test.each(MODES)('%s: looking which shape it is ends before anything is sent', async (syncMode) => {
  const sent: unknown[] = []
  const { sync } = electricCollectionOptions({
    id: 'todos',
    syncMode,
    shapeOptions: {
      url: 'http://server/v1/shape',
      params: { table: 'todos' },
      fetchClient: async (url, request) => {
        if (request?.signal?.aborted !== true) sent.push(url)
        throw new Error('offline')
      },
    },
    getKey: ({ id }: typeof milk) => id,
  })
  const shape = { params: { table: 'todos' }, url: 'http://server/v1/shape' }
  const source = sync as unknown as Parameters<typeof probeShape>[0]
  const needsAllRows = syncMode !== 'on-demand'
  expect(probeShape(source, JSON.stringify(shape))).toEqual({ isSame: true, needsAllRows })
  expect(probeShape(source, 'another')).toEqual({ isSame: false, needsAllRows: false })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(sent).toEqual([])
})

test('what waits for a transaction before the start goes on waiting', async () => {
  const server = await serverWith(milk)
  const file = await synced(server)
  const todos = electricTodos(open(file), server)
  const seen = todos.utils.awaitMatch((message) => 'value' in message && message.value.id === 'b')
  await todos.preload()
  server.change('insert', tea)
  expect(await seen).toBe(true)
})

test('options that Electric refuses are an error, and the rows stay on disk', async () => {
  const server = await serverWith(milk)
  const file = await synced(server)
  const todos = createCollection(
    persistedCollectionOptions({
      ...electricCollectionOptions({
        id: 'todos',
        shapeOptions: { url: '', params: { table: 'todos' } },
        getKey: (todo: typeof milk) => todo.id,
      }),
      persistence: open(file),
    }),
  )
  await expect(todos.preload()).rejects.toThrow('url')
  expect((await rowsOnDisk(file, 'todos')).size).toBe(1)
  await todos.cleanup()
})
