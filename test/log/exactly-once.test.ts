/**
 * L5: the same (origin, origin seq) is appended once, whoever sends it, however often, and whatever happens in between.
 * Every run ends with a log that verifies (L1, L2, L7).
 */

import { describe, expect, test } from 'vitest'
import { OriginConflictError } from '../../src/errors.js'
import type { Position, Transaction } from '../../src/log/entry.js'
import { put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openConnection, openFile, readAll, type Session, transaction } from '../support/open.js'

type Id = readonly [origin: string, originSeq: number]

const make = ([origin, originSeq]: Id, content = 'first'): Transaction =>
  transaction(origin, originSeq, [put('todos', `${origin} ${originSeq}`, { content })])

type Step =
  /** In one turn, so in one group; the same one may be in it twice. */
  | { readonly do: 'append'; readonly by: number; readonly ids: readonly Id[] }
  | { readonly do: 'other content'; readonly by: number; readonly id: Id }
  | { readonly do: 'post' | 'reopen' | 'compact' | 'claim'; readonly by: number }

const by = fc.nat({ max: 1 })
const id: fc.Arbitrary<Id> = fc.tuple(fc.constantFrom('a', 'b', 'A'), fc.integer({ min: 1, max: 9 }))
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      by,
      ids: fc.array(id, { minLength: 1, maxLength: 5 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('other content' as const), by, id }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('post', 'reopen', 'compact', 'claim'), by }),
  },
)

/** Two connections to one file, and where each transaction must be. */
class World {
  readonly file = newFile()
  readonly sessions: Session[] = []
  readonly positions = new Map<string, Position>()
  #floor = 1

  async open(by: number): Promise<void> {
    this.sessions[by] = await openConnection(connect(this.file))
  }

  async run(step: Step): Promise<void> {
    const { journal } = this.sessions[step.by] as Session
    switch (step.do) {
      case 'append':
        return this.#append(journal, step.ids)
      case 'other content':
        return this.#appendOther(journal, step.id)
      case 'post':
        await journal.query('todos')
        return
      case 'reopen':
        await journal.close()
        return this.open(step.by)
      case 'compact':
        // Everything below the checkpoint goes.
        this.#floor = (await journal.compact()).seq
        return
      case 'claim':
        await journal.claimTerm()
    }
  }

  async #append(journal: Session['journal'], ids: readonly Id[]): Promise<void> {
    let { seq } = await journal.head()
    const answers = await Promise.all(ids.map((id) => journal.append(make(id))))
    for (const [index, answer] of answers.entries()) {
      const name = String(ids[index])
      const known = this.positions.get(name)
      if (known === undefined) expect(answer.seq).toBe(++seq)
      else expect(answer).toEqual(known)
      this.positions.set(name, answer)
    }
    expect((await journal.head()).seq).toBe(seq)
  }

  async #appendOther(journal: Session['journal'], id: Id): Promise<void> {
    const position = this.positions.get(String(id))
    if (position === undefined) return
    const { seq } = await journal.head()
    const answer = journal.append(make(id, 'other'))
    if (position.seq >= this.#floor) {
      await expect(answer).rejects.toBeInstanceOf(OriginConflictError)
      await expect(answer).rejects.toMatchObject({ origin: id[0], originSeq: id[1], position })
    } else {
      // Its content was trimmed: where it was is all that is known.
      expect(await answer).toEqual(position)
    }
    expect((await journal.head()).seq).toBe(seq)
  }
}

describe('a transaction is appended exactly once', () => {
  test('whatever the order, the connection, the group, and whatever happens in between', async () => {
    await check(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
        const world = new World()
        await world.open(0)
        await world.open(1)
        for (const step of steps) await world.run(step)
        const [session] = world.sessions as [Session]
        expect((await session.maintenance.verify()).findings).toEqual([])
        for (const { kind, origin, originSeq, position } of await readAll(session)) {
          if (kind === 'tx') expect(world.positions.get(String([origin, originSeq]))).toEqual(position)
        }
        for (const { journal } of world.sessions) await journal.close()
        removeFile(world.file)
      }),
      120,
    )
  })

  test('by two journals that send the same ones at the same time', async () => {
    const file = newFile()
    const sessions = [await openFile(file), await openFile(file), await openFile(file)]
    const ids = Array.from({ length: 30 }, (_, index): Id => ['a', index + 1])
    const answers = await Promise.all(
      sessions.map(async ({ journal }) => {
        const positions: Position[] = []
        for (const id of ids) positions.push(await journal.append(make(id)))
        return positions
      }),
    )
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect((await readAll(sessions[0]!)).length).toBe(1 + ids.length)
    for (const { journal } of sessions) await journal.close()
  })

  test('when numbers come in any order and with gaps', async () => {
    const session = await openFile(newFile())
    const order = [7, 3, 4, 1, 9, 2]
    const first = new Map<number, Position>()
    for (const n of order) first.set(n, await session.journal.append(make(['a', n])))
    await session.journal.query('todos')
    for (const n of [...order].sort()) {
      expect(await session.journal.append(make(['a', n]))).toEqual(first.get(n))
    }
    // A number in a gap is still new.
    expect((await session.journal.append(make(['a', 8]))).seq).toBe(8)
    await session.journal.close()
  })

  test('after its entry was trimmed, also for a process that opens the file later', async () => {
    const file = newFile()
    const session = await openFile(file)
    const position = await session.journal.append(make(['a', 1]))
    await session.journal.compact()
    await session.journal.close()
    const next = await openFile(file)
    expect(await next.journal.read({ term: 0, seq: 0 })).toHaveProperty('trimmed')
    expect(await next.journal.append(make(['a', 1]))).toEqual(position)
    await next.journal.close()
  })

  test('though somebody else has begun a term since', async () => {
    const session = await openFile(newFile())
    const made = { ...make(['a', 1]), term: 1 }
    const position = await session.journal.append(made)
    await session.journal.claimTerm()
    expect(await session.journal.append(made)).toEqual(position)
    expect(await session.journal.append({ ...made, term: 2 })).toEqual(position)
    await session.journal.close()
  })
})

describe('the same number with other content', () => {
  test('is refused, naming both, and its neighbours in the group are not', async () => {
    const session = await openFile(newFile())
    const position = await session.journal.append(make(['a', 1]))
    const [before, refused, after] = await Promise.allSettled([
      session.journal.append(make(['a', 2])),
      session.journal.append(make(['a', 1], 'other')),
      session.journal.append(make(['a', 3])),
    ])
    expect(before).toMatchObject({ value: { seq: 3 } })
    expect(after).toMatchObject({ value: { seq: 4 } })
    expect(refused).toMatchObject({ reason: { code: 'DAYBOOK_ORIGIN_CONFLICT', position, originSeq: 1 } })
    expect((refused as PromiseRejectedResult).reason.message).toContain('a')
    expect((refused as PromiseRejectedResult).reason.message).toContain('1:2')
    await session.journal.close()
  })

  test('is refused within one group as well', async () => {
    const session = await openFile(newFile())
    const [first, refused] = await Promise.allSettled([
      session.journal.append(make(['a', 1])),
      session.journal.append(make(['a', 1], 'other')),
    ])
    expect(first).toMatchObject({ status: 'fulfilled' })
    expect(refused).toMatchObject({ reason: { code: 'DAYBOOK_ORIGIN_CONFLICT' } })
    await session.journal.close()
  })

  test.each([
    ['the first part only', (parts: readonly string[]) => parts.slice(0, 1)],
    ['one part more', (parts: readonly string[]) => [...parts, '[]']],
    ['another last part', (parts: readonly string[]) => [...parts.slice(0, -1), '[]']],
    ['the parts in another order', (parts: readonly string[]) => [...parts].reverse()],
  ])('is refused when it is %s of a large one', async (_, change) => {
    const session = await openFile(newFile())
    const ops = Array.from({ length: 3 }, (_, key) => put('todos', key, { text: 'x'.repeat(300_000) }))
    const large = transaction('a', 1, ops)
    expect(large.parts.length).toBe(3)
    const position = await session.journal.append(large)
    await expect(session.journal.append({ ...large, parts: change(large.parts) })).rejects.toMatchObject({
      code: 'DAYBOOK_ORIGIN_CONFLICT',
      position,
    })
    expect(await session.journal.append({ ...large, parts: [...large.parts] })).toEqual(position)
    await session.journal.close()
  })
})
