/** Electric on demand: rows that are only on disk stay right, and rows that went are asked for again. */

import Database from 'better-sqlite3'
import { afterEach, describe, expect, test } from 'vitest'
import type { DaybookOptions } from '../../src/node.js'
import { eventually, newFile, open, rowsIn, rowsOnDisk } from '../runtime/fixture.js'
import { ElectricServer } from '../support/electric-server.js'
import { type ElectricSettings, electricTodos, idsOf, serverWith, titled, tokenOf } from './electric.js'

const milk = { id: 'a', title: 'milk' }
const book = { id: 'b', title: 'book' }
const tea = { id: 'c', title: 'milk' }

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const titleOnDisk = async (file: string, id: string) =>
  ((await rowsOnDisk(file, 'todos')).get(id) as { title: string } | undefined)?.title

/** A file that has what live queries over these titles had of a server. */
async function loaded(server: ElectricServer, titles: readonly string[], settings: ElectricSettings = {}) {
  ends.push(() => server.stop())
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server, { syncMode: 'on-demand', ...settings })
  for (const title of titles) await titled(todos, title).preload()
  await eventually(async () => (await tokenOf(daybook))?.kind === 'resume', 'the token')
  await todos.cleanup()
  await daybook.close()
  return file
}

/** The same collection in a context of its own, with a live query over the milk. */
async function again(file: string | DaybookOptions, server: ElectricServer, settings: ElectricSettings = {}) {
  const daybook = open(file)
  const todos = electricTodos(daybook, server, { syncMode: 'on-demand', ...settings })
  const live = titled(todos, 'milk')
  await live.preload()
  return { daybook, todos, live }
}

/** What was on disk is shown before the source has asked its server; this one has. */
async function askedAgain(file: string | DaybookOptions, server: ElectricServer) {
  const asked = server.subsets.length
  const app = await again(file, server)
  await eventually(() => server.subsets.length > asked, 'the request of the source')
  await isFollowing(server)
  return app
}

const isFollowing = (server: ElectricServer) =>
  eventually(() => server.requests.at(-1)?.live === true, 'the long poll')

describe('a row that is on disk and not in memory', () => {
  test('is not loaded at the start, is updated on disk, and comes into the live query that it fits', async () => {
    const server = await serverWith(milk, book, { id: 'd', title: 'pen' })
    const file = await loaded(server, ['milk', 'book', 'pen'])
    const { todos, live } = await again(file, server)
    await isFollowing(server)
    expect(idsOf(todos)).toEqual(['a'])
    server.change('update', { id: 'd', title: 'ink' })
    server.change('update', { id: 'b', title: 'milk' })
    await eventually(() => live.size === 2, 'the row that fits')
    expect(idsOf(todos)).toEqual(['a', 'b'])
    await eventually(async () => (await titleOnDisk(file, 'd')) === 'ink', 'the row on disk')
    expect(await titleOnDisk(file, 'b')).toBe('milk')
  })

  test('is updated when the collection is used again', async () => {
    const server = await serverWith(milk, book)
    const file = await loaded(server, ['milk', 'book'])
    server.change('update', { id: 'b', title: 'milk' })
    const { live } = await again(file, server)
    await eventually(() => live.size === 2, 'the row that fits')
    expect(await titleOnDisk(file, 'b')).toBe('milk')
  })

  test('is deleted on disk', async () => {
    const server = await serverWith(milk, book)
    const file = await loaded(server, ['milk', 'book'])
    const { live } = await again(file, server)
    await isFollowing(server)
    server.change('delete', { id: 'b', title: null })
    await eventually(async () => (await titleOnDisk(file, 'b')) === undefined, 'the delete')
    expect(rowsIn(live)).toEqual([milk])
  })

  test('comes into the live query of a context that follows', async () => {
    const server = await serverWith(milk, book)
    const file = await loaded(server, ['milk', 'book'])
    const owner = await again(file, server)
    const follower = await again(file, server)
    await isFollowing(server)
    server.change('update', { id: 'b', title: 'milk' })
    await eventually(() => owner.live.size === 2 && follower.live.size === 2, 'the row that fits')
  })
})

test('an update of a row that nobody has is left out, and is no row later', async () => {
  const server = await serverWith(milk, book)
  const file = await loaded(server, ['milk'])
  const { live } = await askedAgain(file, server)
  server.change('update', { id: 'b', title: 'milk' })
  server.change('insert', tea)
  await eventually(() => idsOf(live).includes('c'), 'the change behind it')
  expect(idsOf(live)).toEqual(['a', 'c'])
  expect([...(await rowsOnDisk(file, 'todos')).keys()]).toEqual(['a', 'c'])
})

test.each(['eager', 'on-demand', 'progressive'] as const)(
  '%s: with whole updates, one of a row that nobody has is a row',
  async (syncMode) => {
    const params = { replica: 'full' }
    const server = await serverWith(milk)
    const file = await loaded(server, ['milk'], { params, syncMode })
    const { live } = await again(file, server, { params, syncMode })
    await isFollowing(server)
    if (syncMode === 'on-demand') server.change('update', tea)
    else server.change('insert', tea)
    await eventually(() => live.size === 2, 'the row')
    expect(await titleOnDisk(file, 'c')).toBe('milk')
  },
)

describe('must-refetch', () => {
  test('leaves the rows of a live query until the new ones are there, and they replace them in one step', async () => {
    const server = await serverWith(milk)
    const file = await loaded(server, ['milk'])
    const { live } = await askedAgain(file, server)
    const seen: string[] = []
    live.subscribeChanges(() => seen.push(idsOf(live).join()))
    const release = server.holdSubsets()
    server.change('delete', { id: 'a', title: null })
    server.change('insert', tea)
    const before = server.requests.length
    server.rotate()
    await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 0, 'the truncate')
    await eventually(() => server.requests.slice(before).some(({ isSubset }) => isSubset), 'the request')
    expect([live.status, idsOf(live).join()]).toEqual(['ready', 'a'])
    expect(live.isLoadingSubset).toBe(true)
    release()
    await eventually(() => idsOf(live).join() === 'c', 'the new row')
    expect(seen).not.toContain('')
    expect([...(await rowsOnDisk(file, 'todos')).keys()]).toEqual(['c'])
  })

  test('and an end before the rows are there: the next start is not ready and empty', async () => {
    const server = await serverWith(milk)
    const file = await loaded(server, ['milk'])
    const first = await askedAgain(file, server)
    server.holdSubsets()
    const before = server.requests.length
    server.rotate()
    await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 0, 'the truncate')
    await eventually(() => server.requests.slice(before).some(({ isSubset }) => isSubset), 'the request')
    await first.todos.cleanup()
    await first.daybook.close()
    await server.stop()
    const todos = electricTodos(open(file), server, { syncMode: 'on-demand' })
    const live = titled(todos, 'milk')
    const ready = live.preload()
    ready.catch(() => undefined)
    await eventually(() => todos.status === 'ready', 'the collection')
    expect(live.status).not.toBe('ready')
  })

  test('brings no row back from disk that is still there when it is asked for again', async () => {
    const server = await serverWith(milk)
    const file = await loaded(server, ['milk'])
    const { daybook, todos, live } = await again({ filename: file, busyTimeout: 20 }, server)
    await isFollowing(server)
    await daybook.journal.query('todos')
    const told: string[] = []
    daybook.on('storage', ({ status }) => told.push(status))
    daybook.on('error', () => undefined)
    const other = new Database(file)
    other.exec('BEGIN IMMEDIATE')
    server.change('delete', { id: 'a', title: null })
    server.change('insert', tea)
    server.rotate()
    await eventually(() => idsOf(live).join() === 'c', 'the new row')
    expect(idsOf(todos)).toEqual(['c'])
    await eventually(() => told.length === 1, 'the event')
    other.exec('COMMIT')
    other.close()
    await eventually(async () => [...(await rowsOnDisk(file, 'todos')).keys()].join() === 'c', 'the disk')
    expect(idsOf(todos)).toEqual(['c'])
  })

  test('is asked for again by contexts that follow', async () => {
    const server = await serverWith(milk, book)
    const file = await loaded(server, ['milk'])
    const owner = await again(file, server)
    const daybook = open(file)
    const todos = electricTodos(daybook, server, { syncMode: 'on-demand' })
    const live = titled(todos, 'book')
    await live.preload()
    const same = titled(todos, 'book')
    await same.preload()
    expect(rowsIn(live)).toEqual([book])
    await isFollowing(server)
    const seen: string[] = []
    for (const each of [live, same]) each.subscribeChanges(() => seen.push(idsOf(each).join()))
    const release = server.holdSubsets()
    server.rotate()
    await eventually(async () => (await rowsOnDisk(file, 'todos')).size === 0, 'the truncate')
    await eventually(() => todos.size === 0, 'the truncate in the follower')
    release()
    await eventually(() => owner.live.isLoadingSubset === false, 'the rows of the owner')
    await eventually(
      async () => [...(await rowsOnDisk(file, 'todos')).keys()].sort().join() === 'a,b',
      'both',
    )
    await eventually(() => rowsIn(live).length === 1 && rowsIn(same).length === 1, 'the rows of the follower')
    expect(rowsIn(live)).toEqual([book])
    expect(seen).not.toContain('')
  })
})

describe('a shape whose place is only good with what its tags say', () => {
  const tagOf = ({ id }: { id: string }): string => `tag of ${id}`

  test('is fetched as a whole at the next start, and answers live queries with that', async () => {
    const server = await ElectricServer.start({ tagOf })
    server.change('insert', milk)
    const file = await loaded(server, ['milk'])
    server.change('insert', book)
    const todos = electricTodos(open(file), server, { syncMode: 'on-demand' })
    const live = titled(todos, 'book')
    await live.preload()
    expect(rowsIn(live)).toEqual([book])
    const pens = titled(todos, 'pen')
    await pens.preload()
    expect(pens.size).toBe(0)
    server.moveOut(milk)
    await eventually(async () => (await titleOnDisk(file, 'a')) === undefined, 'the row that moves out')
  })

  test('fails a live query when it cannot be fetched', async () => {
    const server = await ElectricServer.start({ tagOf })
    server.change('insert', milk)
    const file = await loaded(server, ['milk'])
    server.faults.push({ status: 403 })
    const settings = { syncMode: 'on-demand', onError: () => undefined } as const
    const live = titled(electricTodos(open(file), server, settings), 'book')
    await expect(live.preload()).rejects.toMatchObject({ status: 403 })
  })

  test('knows the tags of rows that another context has got meanwhile', async () => {
    const server = await ElectricServer.start({ tagOf })
    ends.push(() => server.stop())
    server.change('insert', milk)
    const file = newFile()
    const [one, two] = [open(file), open(file)]
    const first = electricTodos(one, server)
    await first.preload()
    const second = electricTodos(two, server)
    await second.preload()
    await two.asSyncOwner(second, () => undefined)
    server.change('insert', book)
    await eventually(() => second.has('b') && first.has('b'), 'the row')
    await one.asSyncOwner(first, () => undefined)
    await isFollowing(server)
    server.moveOut(book)
    await eventually(() => !first.has('b') && !second.has('b'), 'the row that moves out')
    await eventually(async () => [...(await rowsOnDisk(file, 'todos')).keys()].join() === 'a', 'the disk')
  })
})

test('rows without a place are replaced when the server is there, and shown until then', async () => {
  const server = await serverWith(milk)
  ends.push(() => server.stop())
  const file = newFile()
  const daybook = open(file)
  const todos = electricTodos(daybook, server, { syncMode: 'on-demand' })
  const live = titled(todos, 'milk')
  await live.preload()
  // As after a kill: the subset was answered before the stream was.
  const release = server.hold()
  await todos.cleanup()
  await daybook.close()
  expect(await tokenOf(open(file))).toBeUndefined()
  server.change('delete', { id: 'a', title: null })
  server.change('insert', tea)
  const next = await again(file, server)
  expect(rowsIn(next.live)).toEqual([milk])
  release()
  await eventually(() => idsOf(next.live).join() === 'c', 'the new row')
  await eventually(async () => [...(await rowsOnDisk(file, 'todos')).keys()].join() === 'c', 'the disk')
})

test('progressive: after a restart all rows are in memory, and it goes on from its place', async () => {
  const syncMode = 'progressive'
  const server = await serverWith(milk, book)
  const file = await loaded(server, ['milk'], { syncMode })
  const asked = server.requests.length
  const { todos, live } = await again(file, server, { syncMode })
  await isFollowing(server)
  expect(idsOf(todos)).toEqual(['a', 'b'])
  server.change('update', { id: 'b', title: 'milk' })
  await eventually(() => live.size === 2, 'the change')
  expect(server.requests.slice(asked).map(({ offset }) => offset)).not.toContain('-1')
})
