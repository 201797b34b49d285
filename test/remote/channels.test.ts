/** How news travel: with an answer where one is on its way, and several at once to those who wait for none. */

import { expect, test } from 'vitest'
import type { Entry } from '../../src/log/entry.js'
import { type Hub, joinedHub } from '../../src/runtime/journal/channel.js'
import { portHub, unpack } from '../../src/runtime/journal/port-channel.js'
import { type Announcement, type Answer, PROTOCOL } from '../../src/runtime/journal/protocol.js'
import { FakeClock } from '../support/clock.js'

const entryAt = (seq: number): Entry => ({
  position: { term: 1, seq },
  kind: 'tx',
  origin: 'origin',
  originSeq: seq,
  committedAt: 0,
  format: 1,
  parts: ['[]'],
  checksum: '',
})

const newsOf = (...seqs: number[]): Announcement => ({
  daybook: PROTOCOL,
  leader: 'leader',
  head: { term: 1, seq: seqs.at(-1) ?? 0 },
  entries: seqs.map(entryAt),
})

const answer: Answer = { daybook: PROTOCOL, leader: 'leader', to: 'context', id: 1, result: { value: 1 } }

/** A port whose messages are kept, and what a context does with them. */
function fakePort() {
  const sent: unknown[] = []
  let receive: (event: { data: unknown }) => void = () => undefined
  return {
    sent,
    ask: () => receive({ data: 'a request' }),
    port: {
      postMessage: (message: unknown) => sent.push(message),
      addEventListener: (_type: 'message', listener: typeof receive) => {
        receive = listener
      },
    },
  }
}

test('news go with the next answer as one message, and the context gets them in their order', () => {
  const { port, sent, ask } = fakePort()
  const hub = portHub(port, new FakeClock())
  hub.listen((_request, reply) => {
    hub.announce(newsOf(1))
    hub.announce(newsOf(2))
    reply(answer)
  })
  ask()
  expect(sent).toEqual([[newsOf(1), newsOf(2), answer]])
  const received: unknown[] = []
  unpack(sent[0], (message) => received.push(message))
  expect(received).toEqual([newsOf(1), newsOf(2), answer])
})

test('news that no answer takes along go by themselves, once', async () => {
  const { port, sent } = fakePort()
  const clock = new FakeClock()
  const hub = portHub(port, clock)
  hub.announce(newsOf(1))
  expect(sent).toEqual([])
  await clock.advance(5)
  await clock.advance(1000)
  expect(sent).toEqual([newsOf(1)])
})

test('a new leader is announced at once, on both channels', () => {
  const { port, sent } = fakePort()
  const { hub: far, told } = fakeHub()
  const clock = new FakeClock()
  joinedHub(portHub(port, clock), far, clock).announce(newsOf())
  expect([sent, told]).toEqual([[newsOf()], [newsOf()]])
})

test('the others are told of several entries at once, of large ones by themselves, and of no more than 64', async () => {
  const near = fakeHub()
  const far = fakeHub()
  const clock = new FakeClock()
  const hub = joinedHub(near.hub, far.hub, clock)
  hub.announce(newsOf(1))
  hub.announce(newsOf(2, 3))
  expect(far.told).toEqual([])
  await clock.advance(5)
  expect(far.told.splice(0)).toEqual([newsOf(1, 2, 3)])

  for (let seq = 4; seq < 104; seq++) hub.announce(newsOf(seq))
  hub.announce({ ...newsOf(), head: { term: 1, seq: 104 } })
  expect(far.told.map(({ entries }) => entries.length)).toEqual([64, 36, 0])
  expect(far.told.flatMap(({ entries }) => entries).map(({ position }) => position.seq)).toEqual(
    Array.from({ length: 100 }, (_, index) => index + 4),
  )
  expect(near.told.length).toBe(103)
})

test('another context that has asked is told before its answer', () => {
  const far = fakeHub()
  const hub = joinedHub(fakeHub().hub, far.hub, new FakeClock())
  hub.listen(() => undefined)
  far.ask()
  hub.announce(newsOf(1))
  expect(far.told).toEqual([newsOf(1)])
})

function fakeHub(): { hub: Hub; told: Announcement[]; ask: () => void } {
  const told: Announcement[] = []
  let listening: Parameters<Hub['listen']>[0] = () => undefined
  return {
    told,
    ask: () => listening('a request', () => undefined),
    hub: {
      listen: (listener) => {
        listening = listener
      },
      announce: (announcement) => told.push(announcement),
      close: () => undefined,
    },
  }
}
