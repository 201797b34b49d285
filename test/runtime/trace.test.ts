/** What the trace is told and what the counters count, each thing as it really happens. */

import { describe, expect, test } from 'vitest'
import { encodeOps, type TraceEvent } from '../../src/node.js'
import { internalsOf } from '../../src/runtime/daybook/internals.js'
import { FakeClock, turn } from '../support/clock.js'
import { connect } from '../support/connections.js'
import { contendFor } from '../support/contend-for.js'
import { daybookOn } from '../support/daybook.js'
import { check, fc } from '../support/fc.js'
import { failureOf, newFile, open, todosOf } from './fixture.js'

type Of<Type extends TraceEvent['type']> = Extract<TraceEvent, { type: Type }>

/** Events, and those of one type among them. */
class Told {
  readonly events: TraceEvent[] = []
  readonly trace = (event: TraceEvent): void => void this.events.push(event)
  of<Type extends TraceEvent['type']>(type: Type): Of<Type>[] {
    return this.events.filter((event): event is Of<Type> => event.type === type)
  }
}

function opened(filename = newFile()) {
  const told = new Told()
  return { told, daybook: open({ filename, retain: 'all', trace: told.trace }) }
}

const put = (key: number, collection = 'todos') =>
  ({ op: 'put', collection, key, value: { id: key, title: 'x' } }) as const

describe('the trace', () => {
  test('tells of appends and of the batch that they share', async () => {
    const { told, daybook } = opened()
    await daybook.ready
    await Promise.all([daybook.write([put(1), put(1, 'others')]), daybook.write([put(2)])])
    expect(told.of('append')).toEqual([
      {
        type: 'append',
        outcome: 'committed',
        seq: 2,
        collections: ['todos', 'others'],
        ops: 2,
        size: expect.any(Number),
        duration: expect.any(Number),
      },
      expect.objectContaining({ seq: 3, collections: ['todos'], ops: 1 }),
    ])
    expect(told.of('batch')).toEqual([
      { type: 'batch', appended: 2, duplicates: 0, failed: 0, duration: expect.any(Number) },
    ])
    for (const { duration } of told.of('append')) expect(duration).toBeGreaterThan(0)
  })

  test('tells of a transaction that is there already, and of one that is refused', async () => {
    const { told, daybook } = opened()
    const transaction = { origin: 'me', originSeq: 1, parts: encodeOps([put(1)]) }
    const position = await daybook.journal.append(transaction)
    expect(await daybook.journal.append(transaction)).toEqual(position)
    const error = await failureOf(daybook.journal.append({ ...transaction, parts: encodeOps([put(2)]) }))
    await failureOf(daybook.journal.append({} as never))
    await turn()
    const outcomes = told.of('append').map(({ outcome, seq }) => [outcome, seq])
    expect(outcomes).toEqual([
      ['committed', 2],
      ['committed', 2],
      ['failed', undefined],
      ['failed', undefined],
    ])
    expect(told.of('append')[2]?.error).toBe(error)
    const batches = told.of('batch').map(({ appended, duplicates, failed }) => [appended, duplicates, failed])
    expect(batches).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
    expect((await daybook.stats()).counters).toMatchObject({
      appended: 1,
      duplicates: 1,
      failed: 1,
      batches: 1,
    })
  })

  test('tells of posting, with the backlog and the reason', async () => {
    const { told, daybook } = opened()
    await Promise.all(Array.from({ length: 1200 }, (_, n) => daybook.write([put(n)])))
    await expect.poll(() => told.of('post').at(-1)?.backlog, { timeout: 10_000 }).toBe(0)
    const posts = told.of('post')
    // The first entry of the log included; how many at a time is a matter of how long they take.
    let left = 1201
    for (const { reason, entries, backlog } of posts) {
      left -= entries
      expect([reason, backlog]).toEqual(['background', left])
      expect(entries).toBeLessThanOrEqual(500)
    }
    await daybook.write([put(1)])
    await daybook.journal.query('todos')
    await turn()
    expect(told.of('post').at(-1)).toMatchObject({ reason: 'read', entries: 1, backlog: 0 })
    await daybook.write([put(2)])
    const { counters } = await daybook.stats()
    const postings = posts.length + 2
    expect(counters).toMatchObject({ backlog: 1, posted: 1203, postings, largestBatch: 1200 })
  })

  test('tells of a checkpoint and of what is trimmed', async () => {
    const { told, daybook } = opened()
    await Promise.all(Array.from({ length: 1500 }, (_, n) => daybook.write([put(n)])))
    const { seq } = await daybook.compact()
    await turn()
    expect(told.of('checkpoint')).toEqual([{ type: 'checkpoint', seq, duration: expect.any(Number) }])
    expect(told.of('trim').reduce((sum, { entries }) => sum + entries, 0)).toBe(1501)
    expect((await daybook.stats()).counters).toMatchObject({ checkpoints: 1, trimmed: 1501, appended: 1501 })
  })

  test('tells of catching up with what another handle has written', async () => {
    const file = newFile()
    const told = new Told()
    const { daybook } = daybookOn(connect(file), undefined, undefined, told.trace)
    const todos = todosOf(daybook)
    await todos.preload()
    const other = open(file)
    for (const key of [1, 2, 3]) await other.write([put(key)])
    // As when a page is shown again: the clock that looks at the file stands still.
    internalsOf(daybook).tail.wake()
    await expect.poll(() => todos.size).toBe(3)
    const caughtUp = { type: 'catch-up', reason: 'head', entries: 3, duration: 0 }
    await expect.poll(() => told.of('catch-up')).toEqual([caughtUp])
    expect((await daybook.stats()).counters.catchUps).toBe(1)
    await daybook.close()
  })

  test('tells of a reload when what a collection misses is trimmed, and who has become sync owner', async () => {
    const file = newFile()
    const told = new Told()
    const { daybook, clock } = daybookOn(connect(file), undefined, undefined, told.trace)
    const todos = todosOf(daybook)
    await todos.preload()
    contendFor(daybook, 'todos', { onOwner: () => undefined, onLost: () => undefined })
    await expect.poll(() => told.of('sync')).toEqual([{ type: 'sync', collection: 'todos', owner: true }])
    const other = open(file)
    await other.write([put(7)])
    await other.compact()
    await clock.advance(60)
    await expect.poll(() => todos.has(7)).toBe(true)
    expect(told.of('reload')).toEqual([{ type: 'reload', collection: 'todos', reason: 'trimmed' }])
    expect((await daybook.stats()).counters).toMatchObject({ reloads: 1, leaders: 0 })
    await daybook.close()
  })

  test('harms nothing when it throws or rejects: the error goes to the `error` event', async () => {
    for (const fail of [
      () => {
        throw new Error('from the hook')
      },
      async () => Promise.reject(new Error('from the hook')),
    ]) {
      const daybook = open({ filename: newFile(), retain: 'all', trace: fail })
      const errors: unknown[] = []
      daybook.on('error', (error) => errors.push(error))
      const todos = todosOf(daybook)
      await todos.insert({ id: 1, title: 'kept' }).isPersisted.promise
      await daybook.compact()
      await turn()
      expect(errors.length).toBeGreaterThan(3)
      expect(new Set(errors.map(String))).toEqual(new Set(['Error: from the hook']))
      expect(todos.size).toBe(1)
      expect((await daybook.verify()).findings).toEqual([])
      await daybook.close()
    }
  })

  test('that nobody asked for reads no clock', async () => {
    class NoDurations extends FakeClock {
      override elapsed(): never {
        throw new Error('the clock was read')
      }
    }
    const { daybook, told } = daybookOn(connect(newFile()), new NoDurations())
    await daybook.write([put(1)])
    await daybook.compact()
    await daybook.journal.query('todos')
    await daybook.close()
    expect(told).toEqual([])
  })
})

type Work = {
  readonly by: 0 | 1
  readonly kind: 'write' | 'batch' | 'repeat' | 'read' | 'compact' | 'forget'
}
const work: fc.Arbitrary<Work> = fc.record({
  by: fc.constantFrom(0 as const, 1 as const),
  kind: fc.constantFrom('write', 'batch', 'repeat', 'read', 'compact', 'forget'),
})

test('the counters are what the log says, and what the events add up to, whatever two handles do', async () => {
  await check(
    fc.asyncProperty(fc.array(work, { maxLength: 12 }), async (works) => {
      const file = newFile()
      const handles = [opened(file), opened(file)] as const
      await handles[0].daybook.ready
      await handles[1].daybook.ready
      const before = await handles[0].daybook.head()
      let repeats = 0
      for (const [n, { by, kind }] of works.entries()) {
        const { daybook } = handles[by]
        if (kind === 'write') await daybook.write([put(n)])
        else if (kind === 'batch') await Promise.all([put(n), put(n + 1)].map((op) => daybook.write([op])))
        else if (kind === 'read') await daybook.journal.query('todos')
        else if (kind === 'compact') await daybook.compact()
        else if (kind === 'forget') await daybook.forget('todos', [n - 1])
        else {
          const transaction = { origin: `again-${n}`, originSeq: 1, parts: encodeOps([put(n)]) }
          await daybook.journal.append(transaction)
          await handles[1 - by]!.daybook.journal.append(transaction)
          repeats++
        }
      }
      const stats = [await handles[0].daybook.stats(), await handles[1].daybook.stats()] as const
      const sum = (of: (n: 0 | 1) => number): number => of(0) + of(1)
      const { head, floor, cursor } = stats[1]
      expect(sum((n) => stats[n].counters.appended)).toBe(head.seq - before.seq)
      expect(sum((n) => stats[n].counters.duplicates)).toBe(repeats)
      expect(sum((n) => stats[n].counters.trimmed)).toBe(floor.seq - 1)
      expect(sum((n) => stats[n].counters.posted)).toBe(cursor)
      await turn()
      for (const [n, { told }] of handles.entries()) {
        const { counters } = stats[n as 0 | 1]
        const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0)
        expect(total(told.of('batch').map(({ duplicates }) => duplicates))).toBe(counters.duplicates)
        expect(told.of('batch').filter(({ appended }) => appended > 0)).toHaveLength(counters.batches)
        expect(Math.max(0, ...told.of('batch').map(({ appended }) => appended))).toBe(counters.largestBatch)
        expect(total(told.of('post').map(({ entries }) => entries))).toBe(counters.posted)
        expect(total(told.of('trim').map(({ entries }) => entries))).toBe(counters.trimmed)
        expect(told.of('checkpoint')).toHaveLength(counters.checkpoints)
      }
      for (const { daybook } of handles) await daybook.close()
    }),
    40,
  )
})
