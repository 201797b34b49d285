/**
 * Contexts over a channel that loses, doubles, delays and reorders, and leaders that die at any moment: every call settles,
 * what was acknowledged is in the log exactly once, and every context ends with all of it.
 */

import { expect, test } from 'vitest'
import type { Position } from '../../src/errors.js'
import { encodeOps } from '../../src/log/op.js'
import { Tail } from '../../src/runtime/daybook/tail.js'
import { RemoteJournal } from '../../src/runtime/journal/remote.js'
import { Server } from '../../src/runtime/journal/server.js'
import { Origin } from '../../src/runtime/origin.js'
import { Network } from '../../src/testing/simulation/network.js'
import { FakeClock, turn } from '../support/clock.js'
import { asynchronous, connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openConnection, type Session } from '../support/open.js'

type Step =
  | { readonly do: 'append'; readonly who: number }
  | { readonly do: 'query' | 'wake'; readonly who: number }
  | { readonly do: 'time'; readonly ms: number }
  /** The leader dies, with what it has under way, and the next one begins after some time. */
  | { readonly do: 'die'; readonly gap: number }

const CONTEXTS = 3
const who = fc.nat(CONTEXTS - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('append' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('query' as const, 'wake' as const), who }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), gap: fc.nat(3000) }) },
)
/** What happens to each message in turn, over and over: when it arrives, once for each number. */
const fates = fc.array(fc.array(fc.oneof(fc.constant(0), fc.nat(400)), { maxLength: 2 }), {
  minLength: 1,
  maxLength: 12,
})

class World {
  readonly clock = new FakeClock()
  readonly file = newFile()
  readonly network: Network
  readonly contexts: { journal: RemoteJournal; tail: Tail; origin: Origin; seen: number[] }[] = []
  readonly acknowledged = new Map<string, Position>()
  #perfect = false
  #leader: { session: Session; server: Server } | undefined
  #leaders = 0
  #calls: Promise<unknown>[] = []
  #settled = 0

  constructor(fates: readonly (readonly number[])[]) {
    let next = 0
    this.network = new Network({
      fate: () => (this.#perfect ? [0] : (fates[next++ % fates.length] as number[])),
      after: (ms, deliver) => void (ms === 0 ? queueMicrotask(deliver) : this.clock.after(ms, deliver)),
    })
  }

  async lead(): Promise<void> {
    const session = await openConnection(asynchronous(connect(this.file), 'turn'), this.clock)
    const claimed = await session.journal.claimTerm()
    const server = new Server({
      id: `leader-${++this.#leaders}`,
      journal: session.journal,
      maintenance: session.maintenance,
      hub: this.network.hub(),
      clock: this.clock,
      claimed,
      onError: (error) => {
        throw error
      },
    })
    this.#leader = { session, server }
  }

  /** As a worker that is terminated: nothing more is answered; a commit under way may or may not be in the log. */
  async die(): Promise<void> {
    const dead = this.#leader
    this.#leader = undefined
    dead?.server.close()
    await dead?.session.journal.close()
  }

  async start(): Promise<void> {
    for (let n = 0; n < CONTEXTS; n++) {
      const journal = new RemoteJournal({
        id: `context-${n}`,
        link: this.network.link(`context-${n}`),
        clock: this.clock,
      })
      const seen: number[] = []
      const tail = new Tail({
        journal,
        clock: this.clock,
        onError: () => undefined,
        counters: { catchUps: 0 },
      })
      this.contexts.push({ journal, tail, origin: new Origin(`origin-${n}`), seen })
      void tail
        .follow({
          collection: 'rows',
          isLoading: false,
          loaded: Promise.resolve(),
          apply: (_ops, { position }) => void seen.push(position.seq),
          reload: () => {
            throw new Error('nothing was trimmed')
          },
        })
        .catch(() => undefined)
    }
  }

  run(step: Step): Promise<unknown> | undefined {
    if (step.do === 'time') return this.#pass(step.ms)
    if (step.do === 'die') return this.die().then(() => this.#pass(step.gap).then(() => this.lead()))
    const context = this.contexts[step.who]!
    if (step.do === 'wake') context.journal.wake()
    else if (step.do === 'query') this.#watch(context.journal.query('rows'))
    else {
      const row = { id: this.#calls.length }
      const transaction = context.origin.transaction(
        encodeOps([{ op: 'put', collection: 'rows', key: row.id, value: row }]),
      )
      const { origin, originSeq } = transaction
      this.#watch(
        context.journal
          .append(transaction)
          .then((position) => this.acknowledged.set(`${origin}/${originSeq}`, position)),
      )
    }
    return undefined
  }

  async end(): Promise<void> {
    if (this.#leader === undefined) await this.lead()
    this.#perfect = true
    await this.#pass(30_000)
    expect(this.#settled).toBe(this.#calls.length)
    await Promise.all(this.#calls)
    const { session } = this.#leader!
    const log: { seq: number; id: string; kind: string }[] = []
    for (let at: Position = { term: 0, seq: 0 }; ; ) {
      const answer = await session.journal.read(at)
      if (!('entries' in answer) || answer.entries.length === 0) break
      for (const { position, origin, originSeq, kind } of answer.entries) {
        log.push({ seq: position.seq, id: `${origin}/${originSeq}`, kind })
        at = position
      }
    }
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1))
    const transactions = log.filter(({ kind }) => kind === 'tx')
    expect(new Set(transactions.map(({ id }) => id)).size).toBe(transactions.length)
    expect(new Map(transactions.map(({ id, seq }) => [id, seq]))).toEqual(
      new Map(Array.from(this.acknowledged, ([id, { seq }]) => [id, seq])),
    )
    for (const { seen } of this.contexts) {
      // Each from where it began to follow, without a gap.
      const from = transactions.findIndex(({ seq }) => seq === seen[0])
      expect(seen).toEqual(seen.length === 0 ? [] : transactions.slice(from).map(({ seq }) => seq))
    }
    expect((await session.maintenance.verify()).findings).toEqual([])
  }

  async close(): Promise<void> {
    for (const { tail, journal } of this.contexts) {
      tail.stop()
      await journal.close()
    }
    await this.die()
    removeFile(this.file)
  }

  #watch(call: Promise<unknown>): void {
    this.#calls.push(call)
    call.catch(() => undefined).finally(() => this.#settled++)
  }

  async #pass(ms: number): Promise<void> {
    // Every statement takes turns: a leader is not to drown in what the clock asks of it.
    const slice = 50
    for (let passed = 0; passed < ms; passed += slice) {
      await this.clock.advance(Math.min(slice, ms - passed))
      for (let n = 0; n < 12; n++) await turn()
    }
  }
}

test('nothing is lost, doubled or left waiting', async () => {
  await check(
    fc.asyncProperty(fates, fc.array(step, { maxLength: 25 }), async (fates, steps) => {
      const world = new World(fates)
      try {
        await world.lead()
        await world.start()
        for (const each of steps) await world.run(each)
        await world.end()
      } finally {
        await world.close()
      }
    }),
    150,
  )
})
