/**
 * The requirement `keys`: a writer that knows the collection as of some seq, and its own transactions since, puts only keys
 * that are absent and patches only rows that are there; otherwise it is told which key, and nothing is appended.
 */

import { describe, expect, test } from 'vitest'
import { ChangedError, KeyTakenError, RowGoneError } from '../../src/errors.js'
import type { Position, Requirement } from '../../src/log/entry.js'
import type { Op } from '../../src/log/op.js'
import { put } from '../support/arbitraries.js'
import { asynchronous, connect, recording } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openConnection, openFile, type Session, transaction } from '../support/open.js'

const ORIGINS = ['ada', 'ben', 'cleo'] as const
const KEYS = [1, 2, 'a'] as const
type Key = (typeof KEYS)[number]

interface Made {
  readonly by: (typeof ORIGINS)[number]
  /** How many entries before the head the writer knows the collection at. */
  readonly behind: number
  readonly keys: readonly { readonly key: Key; readonly removes: boolean }[]
}
type Step =
  | { readonly do: 'group'; readonly through: number; readonly made: readonly Made[] }
  | { readonly do: 'unconditional'; readonly through: number; readonly ops: readonly Op[] }
  | { readonly do: 'compact' | 'reopen' | 'post'; readonly through: number }

const through = fc.nat({ max: 1 })
const key = fc.constantFrom(...KEYS)
const made: fc.Arbitrary<Made> = fc.record({
  by: fc.constantFrom(...ORIGINS),
  behind: fc.nat({ max: 4 }),
  keys: fc.uniqueArray(fc.record({ key, removes: fc.boolean() }), {
    selector: (each) => each.key,
    minLength: 1,
  }),
})
const unconditional: fc.Arbitrary<Op> = fc.oneof(
  key.map((each) => put('rows', each, {})),
  key.map((each): Op => ({ op: 'delete', collection: 'rows', key: each })),
  fc.constant<Op>({ op: 'truncate', collection: 'rows' }),
  fc.constant<Op>({ op: 'reset', collection: 'rows' }),
  key.map((each) => put('others', each, {})),
)
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('group' as const),
      through,
      // A writer waits for its own transactions.
      made: fc.uniqueArray(made, { minLength: 1, selector: ({ by }) => by }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('unconditional' as const),
      through,
      ops: fc.array(unconditional, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('compact', 'reopen', 'post'), through }) },
)

/** The log as it must be, and who made what. */
interface Logged {
  readonly seq: number
  readonly by: string
  readonly ops: readonly Op[]
}

const follow = (keys: Set<Key>, ops: readonly Op[]): void => {
  for (const op of ops) {
    if (op.collection !== 'rows') continue
    if (op.op === 'put') keys.add(op.key as Key)
    if (op.op === 'delete') keys.delete(op.key as Key)
    if (op.op === 'truncate' || op.op === 'reset') keys.clear()
  }
}

class World {
  readonly file = newFile()
  readonly sessions: Session[] = []
  readonly log: Logged[] = []
  readonly next = new Map<string, number>()
  seq = 1
  floor = 1

  async open(through: number): Promise<void> {
    const connection = connect(this.file)
    this.sessions[through] = await openConnection(through === 1 ? asynchronous(connection) : connection)
  }

  async run(step: Step): Promise<void> {
    const { journal } = this.sessions[step.through] as Session
    if (step.do === 'group') return this.#group(step.through, step.made)
    if (step.do === 'unconditional') {
      await journal.append(this.#numbered('import', step.ops))
      this.log.push({ seq: ++this.seq, by: 'import', ops: step.ops })
    } else if (step.do === 'post') await journal.query('rows')
    else if (step.do === 'reopen') {
      await journal.close()
      await this.open(step.through)
    } else {
      this.floor = (await journal.compact()).seq
      expect(this.floor).toBe(++this.seq)
    }
  }

  async #group(through: number, group: readonly Made[]): Promise<void> {
    const { journal } = this.sessions[through] as Session
    const sent = group.map(({ by, behind, keys }) => {
      const at = Math.max(0, this.seq - behind)
      return { by, at, ops: this.#opsOf(by, at, keys) }
    })
    const answers = await Promise.allSettled(
      sent.map(({ by, at, ops }) =>
        journal.append({ ...this.#numbered(by, ops), requires: [['keys', 'rows', at]] }),
      ),
    )
    for (const [index, { by, at, ops }] of sent.entries()) {
      const answer = outcome(answers[index]!)
      // A trimmed log may not be able to tell; whether it remembers who wrote is its own affair.
      if (answer === 'DAYBOOK_CHANGED' && this.floor > at + 1) continue
      const refusal = this.#refusal(ops)
      expect(answer).toBe(refusal ?? ++this.seq)
      if (refusal === undefined) this.log.push({ seq: this.seq, by, ops })
    }
  }

  #numbered(by: string, ops: readonly Op[]) {
    const seq = (this.next.get(by) ?? 0) + 1
    this.next.set(by, seq)
    return transaction(by, seq, ops)
  }

  /** What the writer knows: everything through a seq, and its own entries behind it. */
  #opsOf(by: string, at: number, keys: Made['keys']): Op[] {
    const known = new Set<Key>()
    for (const entry of this.log) if (entry.seq <= at || entry.by === by) follow(known, entry.ops)
    return keys.map(({ key: each, removes }): Op => {
      if (!known.has(each)) return put('rows', each, { by })
      return removes
        ? { op: 'delete', collection: 'rows', key: each }
        : { op: 'patch', collection: 'rows', key: each, fields: { by } }
    })
  }

  #refusal(ops: readonly Op[]): string | undefined {
    const there = new Set<Key>()
    for (const entry of this.log) follow(there, entry.ops)
    for (const op of ops) {
      if (op.op === 'put' && there.has(op.key as Key)) return 'DAYBOOK_KEY_TAKEN'
      if (op.op === 'patch' && !there.has(op.key as Key)) return 'DAYBOOK_ROW_GONE'
    }
    return undefined
  }

  async end(): Promise<void> {
    expect((await this.sessions[0]!.maintenance.verify()).findings).toEqual([])
    for (const { journal, errors } of this.sessions) {
      expect(errors).toEqual([])
      await journal.close()
    }
    removeFile(this.file)
  }
}

const outcome = (answer: PromiseSettledResult<Position>): string | number =>
  answer.status === 'fulfilled' ? answer.value.seq : (answer.reason as { code: string }).code

test('an insert means absent and a patch means present, whoever has written in between', async () => {
  await check(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      const world = new World()
      for (const each of [0, 1]) await world.open(each)
      for (const step of steps) await world.run(step)
      await world.end()
    }),
    200,
  )
})

describe('a refusal', () => {
  const requires: Requirement[] = [['keys', 'rows', 1]]

  test('names the key', async () => {
    const { journal } = await openFile(newFile())
    await journal.append(
      transaction('b', 1, [put('rows', 'k', {}), { op: 'delete', collection: 'rows', key: 5 }]),
    )
    const inserts = journal.append({ ...transaction('a', 1, [put('rows', 'k', {})]), requires })
    await expect(inserts).rejects.toThrow(KeyTakenError)
    await expect(inserts).rejects.toMatchObject({ collection: 'rows', key: 'k' })
    const patches = journal.append({
      ...transaction('a', 2, [{ op: 'patch', collection: 'rows', key: 5, fields: {} }]),
      requires,
    })
    await expect(patches).rejects.toThrow(RowGoneError)
    await expect(patches).rejects.toMatchObject({ collection: 'rows', key: 5 })
    expect((await journal.head()).seq).toBe(2)
    await journal.close()
  })

  test('says that it cannot tell where the entries in between were blanked', async () => {
    const session = await openFile(newFile())
    const { journal, maintenance } = session
    await journal.append(transaction('b', 1, [put('rows', 'k', {})]))
    await maintenance.forget('rows', ['k'])
    await expect(
      journal.append({ ...transaction('a', 1, [put('rows', 'x', {})]), requires }),
    ).rejects.toThrow(ChangedError)
    await journal.close()
  })
})

describe('the cost', () => {
  test('in a log with one writer is nothing, however far behind its rows are', async () => {
    const { connection, statements } = recording(connect(newFile()))
    const { journal } = await openConnection(connection)
    for (let n = 1; n <= 50; n++) {
      statements.length = 0
      await journal.append({ ...transaction('a', n, [put('rows', n, {})]), requires: [['keys', 'rows', 1]] })
      if (n > 2) expect(statements).toHaveLength(1)
    }
    await journal.close()
  })
})
