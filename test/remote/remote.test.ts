/** The journal through real channels of Node: a MessageChannel, and BroadcastChannel between threads. */

import { createCollection, createLiveQueryCollection, gt, lt } from '@tanstack/db'
import { afterEach, describe, expect, test } from 'vitest'
import {
  ChangedError,
  ClosedError,
  NoLeaderError,
  OriginConflictError,
  ProtocolError,
  ProtocolVersionError,
  SchemaVersionError,
} from '../../src/errors.js'
import { encodeOps } from '../../src/log/op.js'
import { persistedCollectionOptions } from '../../src/node.js'
import { systemClock } from '../../src/runtime/clock.js'
import { Daybook } from '../../src/runtime/daybook/daybook.js'
import { broadcastHub, broadcastLink } from '../../src/runtime/journal/broadcast-channel.js'
import type { Hub, Link } from '../../src/runtime/journal/channel.js'
import { portHub, portLink } from '../../src/runtime/journal/port-channel.js'
import { RemoteJournal } from '../../src/runtime/journal/remote.js'
import { Server } from '../../src/runtime/journal/server.js'
import { Origin } from '../../src/runtime/origin.js'
import { ContextLocks } from '../../src/runtime/sync-owner/locks/context-locks.js'
import { codecsOf } from '../../src/values/codecs.js'
import { eventually } from '../runtime/fixture.js'
import { FakeClock } from '../support/clock.js'
import { check, fc } from '../support/fc.js'
import { newFile } from '../support/files.js'
import { openFile, type Session } from '../support/open.js'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

let names = 0
const channels: [string, () => { link: (id: string) => Link; hub: () => Hub }][] = [
  [
    'a port',
    () => {
      const { port1, port2 } = new MessageChannel()
      return { link: () => portLink(port1 as never), hub: () => portHub(port2 as never, systemClock) }
    },
  ],
  [
    'BroadcastChannel',
    () => {
      const name = `test-${++names}`
      return { link: (id) => broadcastLink(name, id), hub: () => broadcastHub(name) }
    },
  ],
]

async function serve(session: Session, hub: Hub, id = 'leader'): Promise<Server> {
  const claimed = await session.journal.claimTerm()
  const { journal, maintenance } = session
  const server = new Server({
    id,
    journal,
    maintenance,
    hub,
    clock: systemClock,
    claimed,
    onError: () => undefined,
  })
  ends.push(() => server.close())
  return server
}

async function leader(hub: Hub, file = newFile()): Promise<Session> {
  const session = await openFile(file)
  ends.push(() => session.journal.close())
  await serve(session, hub)
  return session
}

function remote(link: Link, id = 'context'): RemoteJournal {
  const journal = new RemoteJournal({ id, link, clock: systemClock })
  ends.push(() => journal.close())
  return journal
}

describe.each(channels)('through %s', (_name, open) => {
  test('a context has all calls, and each answer is that of the journal', async () => {
    const { link, hub } = open()
    const session = await leader(hub())
    const journal = remote(link('context'))
    const origin = new Origin()
    const transaction = origin.transaction(
      encodeOps([
        { op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'Buy milk', at: new Date(7) } },
        { op: 'put', collection: 'todos', key: 2, value: { id: 2, title: 'Keep the book' } },
      ]),
    )
    const position = await journal.append(transaction)
    expect(await journal.append(transaction)).toEqual(position)
    expect(await journal.head()).toEqual(position)
    expect(await journal.query('todos')).toEqual(await session.journal.query('todos'))
    const where = {
      type: 'func' as const,
      name: 'eq',
      args: [
        { type: 'ref' as const, path: ['id'] },
        { type: 'val' as const, value: 2 },
      ],
    }
    expect((await journal.query('todos', { where })).rows).toHaveLength(1)
    expect(await journal.read({ term: 0, seq: 0 })).toEqual(await session.journal.read({ term: 0, seq: 0 }))
    await journal.index('todos', { add: [['title']], remove: [] })
    expect(await journal.collections()).toEqual(await session.maintenance.collections())
    expect(await journal.stats()).toEqual(await session.maintenance.stats())
    expect((await journal.verify()).clean).toBe(true)
    await journal.rebuild()
    // Both have `entries`, as pages of the log have.
    const plan = await journal.planRedaction({ from: 1, to: position.seq })
    expect(plan).toEqual(await session.maintenance.planRedaction({ from: 1, to: position.seq }))
    expect(await journal.redact({ from: 1, to: position.seq })).toMatchObject(plan)
    expect(await journal.forget('todos', [1])).toMatchObject({ rows: 1 })
    expect((await journal.compact()).seq).toBeGreaterThan(position.seq)
  })

  test('an error is of the same class, with the same facts', async () => {
    const { link, hub } = open()
    const session = await leader(hub())
    const journal = remote(link('context'))
    const transaction = new Origin('maker').transaction(
      encodeOps([{ op: 'put', collection: 'a', key: 1, value: {} }]),
    )
    await journal.append(transaction)
    const other = new Origin('maker').transaction(
      encodeOps([{ op: 'put', collection: 'a', key: 2, value: {} }]),
    )
    const refused = await journal.append(other).catch((error: unknown) => error)
    const local = await session.journal.append(other).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(OriginConflictError)
    expect({ ...(refused as object), message: (refused as Error).message }).toEqual({
      ...(local as object),
      message: (local as Error).message,
    })
    const later = new Origin()
    await expect(
      journal.append(
        later.transaction(encodeOps([{ op: 'put', collection: 'a', key: 3, value: {} }]), [
          ['schema', 'a', 5],
        ]),
      ),
    ).rejects.toBeInstanceOf(SchemaVersionError)
    await expect(
      journal.append(
        later.transaction(encodeOps([{ op: 'put', collection: 'a', key: 3, value: {} }]), [
          ['unchanged', 'a', 0],
        ]),
      ),
    ).rejects.toBeInstanceOf(ChangedError)
  })

  test('large answers and large transactions arrive whole', async () => {
    const { link, hub } = open()
    const session = await leader(hub())
    const journal = remote(link('context'))
    const text = 'x'.repeat(200)
    const ops = Array.from({ length: 20_000 }, (_, id) => ({
      op: 'put' as const,
      collection: 'rows',
      key: id,
      value: { id, text },
    }))
    const position = await journal.append(new Origin().transaction(encodeOps(ops)))
    expect(await journal.query('rows')).toEqual(await session.journal.query('rows'))
    const before = { term: position.term, seq: position.seq - 1 }
    const all = await session.journal.read(before)
    expect('entries' in all && all.entries.at(-1)?.parts.length).toBeGreaterThan(3)
    expect(await journal.read(before)).toEqual(all)
    expect(await journal.head()).toEqual(position)
  })

  test('new entries are heard of, large ones by their position', async () => {
    const { link, hub } = open()
    const session = await leader(hub())
    const journal = remote(link('context'))
    await journal.head()
    const heard: [number, number | undefined][] = []
    journal.subscribe((entries, head) => heard.push([entries.length, head?.seq]))
    const origin = new Origin()
    const small = await session.journal.append(
      origin.transaction(encodeOps([{ op: 'put', collection: 'a', key: 1, value: {} }])),
    )
    const text = 'x'.repeat(100_000)
    const large = await session.journal.append(
      origin.transaction(encodeOps([{ op: 'put', collection: 'a', key: 2, value: { text } }])),
    )
    await eventually(() => heard.some(([, seq]) => seq === large.seq))
    expect(heard).toContainEqual([1, small.seq])
    expect(heard.at(-1)).toEqual([0, large.seq])
  })

  test('collections work, and a local-only row written by one context is seen by the other', async () => {
    const { link, hub } = open()
    await leader(hub())
    const locks = new ContextLocks()
    const journal = remote(link('context'))
    const daybook = new Daybook({
      origin: new Origin(),
      clock: systemClock,
      open: async () => ({ journal, maintenance: journal, warnings: [], locks: () => locks }),
    })
    const todos = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (row: { id: number }) => row.id,
        persistence: daybook,
      }),
    )
    await todos.insert({ id: 1 }).isPersisted.promise
    const other = createCollection(
      persistedCollectionOptions({
        id: 'todos',
        getKey: (row: { id: number }) => row.id,
        persistence: daybook,
      }),
    )
    await other.preload()
    expect(other.has(1)).toBe(true)
    expect((await daybook.stats()).collections).toHaveLength(1)
    await daybook.close()
  })
})

test('a page keeps instances with its codecs, and the leader, which has none, answers what compares with them', async () => {
  class Amount {
    readonly #cents: number
    constructor(cents: number) {
      this.#cents = cents
    }
    valueOf(): number {
      return this.#cents
    }
  }
  const name = `test-${++names}`
  await leader(broadcastHub(name))
  const locks = new ContextLocks()
  const journal = remote(broadcastLink(name, 'context'))
  const daybook = new Daybook({
    origin: new Origin(),
    clock: systemClock,
    codecs: codecsOf([
      {
        name: 'amount',
        test: (value) => value instanceof Amount,
        encode: Number,
        decode: (cents) => new Amount(cents as number),
      },
    ]),
    open: async () => ({ journal, maintenance: journal, warnings: [], locks: () => locks }),
  })
  await daybook.write(
    [1, 2, 3].map((id) => ({
      op: 'put',
      collection: 'rows',
      key: id,
      value: { id, n: id, price: new Amount(id) },
    })),
  )
  const rows = createCollection(
    persistedCollectionOptions({
      id: 'rows',
      getKey: (row: { id: number; n: number; price: Amount }) => row.id,
      persistence: daybook,
      syncMode: 'on-demand',
    }),
  )
  const dear = createLiveQueryCollection((q) =>
    q.from({ row: rows }).where(({ row }) => gt(row.price as never, new Amount(1) as never)),
  )
  await dear.preload()
  expect(dear.toArray.map(({ id, price }) => [id, Number(price)])).toEqual([
    [2, 2],
    [3, 3],
  ])
  // A clone of the instance, which is what the leader would get, compares with nothing.
  const many = createLiveQueryCollection((q) =>
    q.from({ row: rows }).where(({ row }) => lt(row.n, new Amount(2) as never)),
  )
  await many.preload()
  expect(many.toArray.map(({ id }) => id)).toEqual([1])
  await daybook.write([{ op: 'patch', collection: 'rows', key: 1, fields: { price: new Amount(9) } }])
  await eventually(() => dear.size === 3)
  await daybook.close()
})

test('nobody answers: the open fails in time and names who has the lock, and the call goes on waiting', async () => {
  const journal = remote(broadcastLink('nobody', 'context'))
  const opened = journal.answered(journal.head(), 50, async () => 'another tab')
  await expect(opened).rejects.toBeInstanceOf(NoLeaderError)
  await expect(opened).rejects.toMatchObject({ holder: 'another tab', waited: 50 })
  const head = journal.head()
  await leader(broadcastHub('nobody'))
  expect((await head).seq).toBe(2)
})

test('what waits is sent to each new leader as soon as it is heard of, whatever the clock says', async () => {
  const sent: { id: number; method: string }[] = []
  let hear: (message: unknown) => void = () => undefined
  const link: Link = {
    send: ({ id, method }) => void sent.push({ id, method }),
    listen: (listener) => {
      hear = listener
    },
    close: () => undefined,
  }
  // Its time never comes: nothing is overdue.
  const journal = new RemoteJournal({ id: 'context', link, clock: new FakeClock() })
  const head = journal.head()
  const leads = (leader: string): void => hear({ daybook: 2, leader, head: { term: 1, seq: 1 }, entries: [] })
  for (const leader of ['first', 'first', 'second', 'third']) leads(leader)
  const call = { id: 1, method: 'head' }
  expect(sent).toEqual([call, call, call, call])
  hear({ daybook: 2, to: 'context', id: 1, leader: 'third', result: { value: { term: 3, seq: 3 } } })
  expect(await head).toEqual({ term: 3, seq: 3 })
  leads('fourth')
  expect(sent).toHaveLength(4)
  await journal.close()
})

test.each(['DAYBOOK_FENCED', 'DAYBOOK_CLOSED'])(
  'a leader that answers %s leads no more: the call waits for the next one',
  async (code) => {
    let hear: (message: unknown) => void = () => undefined
    const link: Link = {
      send: () => undefined,
      listen: (listener) => {
        hear = listener
      },
      close: () => undefined,
    }
    const journal = new RemoteJournal({ id: 'context', link, clock: new FakeClock() })
    const head = journal.head()
    const answer = (leader: string, result: object): void =>
      hear({ daybook: 2, to: 'context', id: 1, leader, result })
    answer('deposed', { error: { name: 'Error', message: 'deposed', fields: { code } } })
    answer('next', { value: { term: 2, seq: 2 } })
    expect(await head).toEqual({ term: 2, seq: 2 })
    await journal.close()
  },
)

test('closing rejects what waits', async () => {
  const journal = remote(broadcastLink('closing', 'context'))
  const head = expect(journal.head()).rejects.toBeInstanceOf(ClosedError)
  await journal.close()
  await head
  await expect(journal.head()).rejects.toBeInstanceOf(ClosedError)
})

describe('messages that are not ours', () => {
  /** A line of one's own to a leader. */
  function line(name: string, id = 'stranger') {
    const link = broadcastLink(name, id)
    const answers: unknown[] = []
    link.listen((message) => answers.push(message))
    ends.push(() => link.close())
    return { answers, send: (message: unknown) => link.send(message as never) }
  }

  test('harm nobody, and whoever says who it is gets an error', async () => {
    const session = await leader(broadcastHub('garbage'))
    const journal = remote(broadcastLink('garbage', 'context'))
    const stranger = line('garbage')
    const before = await session.journal.head()
    const method = fc.oneof(fc.constantFrom('append', 'read', 'query', 'index', 'head'), fc.string())
    const json = fc.oneof(fc.jsonValue(), fc.anything({ withDate: true, withBigInt: true }))
    const almost = fc.record(
      {
        daybook: fc.oneof(fc.constant(1), json),
        from: fc.oneof(fc.constant('stranger'), json),
        id: fc.oneof(fc.nat(), json),
        method,
        args: fc.oneof(fc.array(json), json),
        piece: fc.oneof(fc.nat(2), json),
      },
      { requiredKeys: [] },
    )
    await check(
      fc.asyncProperty(fc.oneof(json, almost), async (message) => {
        try {
          stranger.send(message)
        } catch {
          // What cannot be cloned never leaves.
        }
        expect((await journal.head()).seq).toBeGreaterThanOrEqual(before.seq)
      }),
      300,
    )
    expect((await session.maintenance.verify()).clean).toBe(true)
    stranger.send({ daybook: 2, from: 'stranger', id: 7_777_777, method: 'DROP TABLE', args: [], piece: 0 })
    await eventually(() => JSON.stringify(stranger.answers).includes('"id":7777777,'))
    const { result } = stranger.answers.find(
      (answer) => (answer as { id: number }).id === 7_777_777,
    ) as never as {
      result: { error: { name: string } }
    }
    expect(result.error.name).toBe(ProtocolError.name)
  })

  test('of another version are refused in both directions', async () => {
    await leader(broadcastHub('versions'))
    // A page of a later version asks this leader.
    const later = line('versions', 'later')
    later.send({ daybook: 3, from: 'later', id: 1, something: 'new' })
    await eventually(() => later.answers.some((answer) => (answer as { to?: string }).to === 'later'))
    expect(later.answers).toContainEqual(expect.objectContaining({ daybook: 2, to: 'later', id: 1 }))
    // This page asks a leader of a later version.
    const journal = remote(broadcastLink('of-later', 'context'))
    const requests = new BroadcastChannel('daybook:of-later:requests')
    const answers = new BroadcastChannel('daybook:of-later:to:context')
    ends.push(() => requests.close())
    ends.push(() => answers.close())
    requests.onmessage = () => answers.postMessage({ daybook: 3, to: 'context', id: 1 })
    const refused = journal.head()
    await expect(refused).rejects.toBeInstanceOf(ProtocolVersionError)
    await expect(refused).rejects.toMatchObject({ ours: 2, theirs: 3 })
  })
})
