/**
 * What a transaction requires is checked where it is appended: against the log as it is then, whoever has appended
 * what, posted or not, trimmed or not. A refused transaction leaves nothing behind.
 */

import { describe, expect, test } from 'vitest'
import { ChangedError, DeposedError, InvalidTransactionError, SchemaVersionError } from '../../src/errors.js'
import type { Position, Requirement, Transaction } from '../../src/log/entry.js'
import type { Op } from '../../src/log/op.js'
import { put } from '../support/arbitraries.js'
import { asynchronous, connect, recording } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { openConnection, openFile, readAll, type Session, sql, transaction } from '../support/open.js'

const COLLECTIONS = ['todos', 'To dos', '\ud800'] as const

/** How a requirement stands to what is true at the moment of the append. */
type Guess = 'true' | 'older' | 'newer' | 'nothing'

interface Wish {
  readonly what: Requirement[0]
  readonly collection: string
  readonly guess: Guess
}

interface Made {
  readonly ops: readonly Op[]
  readonly wishes: readonly Wish[]
}

type Step =
  /** In one turn, so in one group. */
  | { readonly do: 'append'; readonly by: number; readonly group: readonly Made[] }
  | { readonly do: 'again'; readonly by: number; readonly which: number }
  | { readonly do: 'claim'; readonly by: number; readonly collection: string }
  | { readonly do: 'post' | 'reopen' | 'compact' | 'rebuild'; readonly by: number }

const by = fc.nat({ max: 2 })
const collection = fc.constantFrom(...COLLECTIONS)
const version = fc.integer({ min: 1, max: 3 })
const row = (id: string): fc.Arbitrary<Op> =>
  fc.oneof(
    fc.record({
      op: fc.constant('put' as const),
      collection: fc.constant(id),
      key: fc.nat({ max: 3 }),
      value: fc.constant({}),
    }),
    fc.constant<Op>({ op: 'truncate', collection: id }),
    fc.constant<Op>({ op: 'state', collection: id, name: 'n', value: 1 }),
  )
const rows = collection.chain((id) => fc.array(row(id), { maxLength: 3 }))
const schema = fc
  .tuple(collection, version, version, fc.boolean())
  .chain(([id, from, to, resets]) =>
    fc
      .array(row(id), { maxLength: 2 })
      .map((ops): Op[] => [
        ...(resets ? [{ op: 'reset' as const, collection: id }] : []),
        { op: 'schema', collection: id, from, to },
        ...ops,
      ]),
  )
const reset = fc
  .tuple(rows, collection, rows)
  .map(([before, id, after]): Op[] => [...before, { op: 'reset', collection: id }, ...after])
const claim = collection.map((id): Op[] => [{ op: 'claim', collection: id }])
const anyMade: fc.Arbitrary<Made> = fc.record({
  ops: fc.oneof(
    { weight: 8, arbitrary: rows },
    { weight: 3, arbitrary: schema },
    { weight: 2, arbitrary: claim },
    { weight: 1, arbitrary: reset },
  ),
  wishes: fc.array(
    fc.record({
      what: fc.constantFrom('claim', 'schema', 'unchanged'),
      collection,
      guess: fc.oneof(
        { weight: 4, arbitrary: fc.constant('true' as const) },
        { weight: 2, arbitrary: fc.constantFrom('older', 'newer', 'nothing') },
      ),
    }),
    { maxLength: 3 },
  ),
})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      by,
      group: fc.array(anyMade, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), by, which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('claim' as const), by, collection }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('post', 'reopen', 'compact', 'rebuild'), by }) },
)

/** The log as it must be: what was appended where, and nothing else. Every question walks through all of it. */
class PlainLog {
  readonly entries: { readonly seq: number; readonly ops: readonly Op[] }[] = []

  claim(collection: string): number {
    return this.#last(collection, (op) => op.op === 'claim')
  }

  changed(collection: string): number {
    return this.#last(collection, (op) => op.op !== 'claim')
  }

  version(collection: string): number {
    let version = 1
    for (const op of this.entries.flatMap(({ ops }) => ops)) {
      if (op.collection !== collection) continue
      if (op.op === 'schema') version = op.to
      if (op.op === 'reset') version = 1
    }
    return version
  }

  #last(collection: string, fits: (op: Op) => boolean): number {
    const concerning = this.entries.filter(({ ops }) =>
      ops.some((op) => op.collection === collection && fits(op)),
    )
    return concerning.at(-1)?.seq ?? 0
  }

  requirement({ what, collection, guess }: Wish): Requirement {
    if (what === 'schema') {
      const offset = { true: 0, older: -1, newer: 1, nothing: 5 }[guess]
      return ['schema', collection, Math.max(1, this.version(collection) + offset)]
    }
    const now = what === 'claim' ? this.claim(collection) : this.changed(collection)
    return [what, collection, { true: now, older: Math.max(0, now - 1), newer: now + 1, nothing: 0 }[guess]]
  }

  /** The code of the refusal. */
  refusal(requires: readonly Requirement[]): string | undefined {
    for (const [what, collection, expected] of requires) {
      if (what === 'claim' && this.claim(collection) !== expected) return 'DAYBOOK_DEPOSED'
      if (what === 'schema' && this.version(collection) !== expected) return 'DAYBOOK_SCHEMA_VERSION'
      if (what === 'unchanged' && this.changed(collection) > expected) return 'DAYBOOK_CHANGED'
    }
    return undefined
  }
}

/** Three connections to one file, one of them asynchronous. */
class World {
  readonly file = newFile()
  readonly sessions: Session[] = []
  readonly plain = new PlainLog()
  /** What is in the log, and where; and what was refused. */
  readonly sent: { readonly transaction: Transaction; readonly ops: readonly Op[]; position?: Position }[] =
    []
  seq = 1
  trimmed = false

  async open(by: number): Promise<void> {
    const connection = connect(this.file)
    this.sessions[by] = await openConnection(by === 2 ? asynchronous(connection) : connection)
  }

  async run(step: Step): Promise<void> {
    const session = this.sessions[step.by] as Session
    const { journal } = session
    switch (step.do) {
      case 'append':
        return this.#append(session, step.group)
      case 'again':
        return this.#again(session, step.which)
      case 'claim': {
        expect(await journal.claim(step.collection)).toMatchObject({ seq: ++this.seq })
        this.plain.entries.push({ seq: this.seq, ops: [{ op: 'claim', collection: step.collection }] })
        return
      }
      case 'post':
        await journal.query('todos')
        return
      case 'reopen':
        await journal.close()
        return this.open(step.by)
      case 'compact':
        expect((await journal.compact()).seq).toBe(++this.seq)
        this.trimmed = true
        return
      case 'rebuild':
        if (!this.trimmed) await session.maintenance.rebuild()
    }
  }

  async #append({ journal }: Session, group: readonly Made[]): Promise<void> {
    const expected: (string | number)[] = []
    const first = this.sent.length
    for (const { ops, wishes } of group) {
      const requires = wishes.map((wish) => this.plain.requirement(wish))
      const made = { ...transaction('tester', this.sent.length + 1, ops), requires }
      const refusal = this.plain.refusal(requires)
      this.sent.push({ transaction: made, ops })
      expected.push(refusal ?? ++this.seq)
      if (refusal === undefined) this.plain.entries.push({ seq: this.seq, ops })
    }
    const sent = this.sent.slice(first)
    const answers = await Promise.allSettled(sent.map(({ transaction }) => journal.append(transaction)))
    expect(answers.map(outcome)).toEqual(expected)
    for (const [index, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') sent[index]!.position = answer.value
    }
    expect((await journal.head()).seq).toBe(this.seq)
  }

  /** What is in the log is answered with its place, whatever it required; what was refused is asked anew. */
  async #again({ journal }: Session, which: number): Promise<void> {
    const each = this.sent[which % Math.max(1, this.sent.length)]
    if (each === undefined) return
    const refusal = this.plain.refusal(each.transaction.requires ?? [])
    const answer = await journal.append(each.transaction).catch((error: unknown) => error)
    if (each.position !== undefined) expect(answer).toEqual(each.position)
    else if (refusal !== undefined) expect(answer).toMatchObject({ code: refusal })
    else {
      expect(answer).toMatchObject({ seq: ++this.seq })
      each.position = answer as Position
      this.plain.entries.push({ seq: this.seq, ops: each.ops })
    }
  }

  async end(): Promise<void> {
    const [session] = this.sessions as [Session]
    expect((await session.maintenance.verify()).findings).toEqual([])
    for (const { id, schemaVersion } of await session.maintenance.collections()) {
      expect([id, schemaVersion]).toEqual([id, this.plain.version(id)])
    }
    for (const entry of await readAll(session)) {
      if (entry.origin !== 'tester') continue
      expect(this.sent[entry.originSeq - 1]?.position).toEqual(entry.position)
    }
    for (const { journal, errors } of this.sessions) {
      expect(errors).toEqual([])
      await journal.close()
    }
    removeFile(this.file)
  }
}

const outcome = (answer: PromiseSettledResult<Position>): string | number =>
  answer.status === 'fulfilled' ? answer.value.seq : (answer.reason as { code: string }).code

test('a transaction is appended or refused as the log says at that moment, whoever has written it', async () => {
  await check(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      const world = new World()
      for (const each of [0, 1, 2]) await world.open(each)
      for (const step of steps) await world.run(step)
      await world.end()
    }),
    150,
  )
})

describe('a refusal', () => {
  test('names the collection, what was required and what there is', async () => {
    const session = await openFile(newFile())
    const { journal } = session
    const mine = await journal.claim('todos')
    const theirs = await journal.claim('todos')
    await journal.append(transaction('a', 1, [{ op: 'schema', collection: 'todos', from: 1, to: 3 }]))
    const refused = (requirement: Requirement): Promise<Position> =>
      journal.append({ ...transaction('a', 2, [put('todos', 1, {})]), requires: [requirement] })
    await expect(refused(['claim', 'todos', mine.seq])).rejects.toThrow(DeposedError)
    await expect(refused(['claim', 'todos', mine.seq])).rejects.toMatchObject({
      collection: 'todos',
      claim: mine.seq,
      newestClaim: theirs.seq,
      message: expect.stringContaining('"todos" was claimed at seq 3, after the claim at seq 2'),
    })
    await expect(refused(['schema', 'todos', 2])).rejects.toThrow(SchemaVersionError)
    await expect(refused(['schema', 'todos', 2])).rejects.toMatchObject({
      collection: 'todos',
      found: 3,
      wanted: 2,
      message: expect.stringContaining('update this one'),
    })
    await expect(refused(['schema', 'todos', 4])).rejects.toMatchObject({
      message: expect.stringContaining('migrates'),
    })
    await expect(refused(['unchanged', 'todos', 1])).rejects.toThrow(ChangedError)
    await expect(refused(['unchanged', 'todos', 1])).rejects.toMatchObject({
      collection: 'todos',
      at: 1,
      changed: 4,
    })
    expect((await journal.head()).seq).toBe(4)
    await journal.close()
  })

  test('does not touch its neighbours of the group, which see what those before them have appended', async () => {
    const { journal } = await openFile(newFile())
    const answers = await Promise.allSettled([
      journal.append(transaction('a', 1, [put('todos', 1, {})])),
      journal.append({ ...transaction('a', 2, [put('todos', 2, {})]), requires: [['schema', 'todos', 2]] }),
      journal.append({
        ...transaction('a', 3, [{ op: 'schema', collection: 'todos', from: 1, to: 2 }]),
        requires: [
          ['schema', 'todos', 1],
          ['unchanged', 'todos', 2],
        ],
      }),
      journal.append({ ...transaction('a', 4, [put('todos', 4, {})]), requires: [['schema', 'todos', 2]] }),
      journal.append({ ...transaction('a', 5, [put('todos', 5, {})]), requires: [['schema', 'todos', 1]] }),
      journal.append({
        ...transaction('a', 6, [put('todos', 6, {})]),
        requires: [['unchanged', 'todos', 3]],
      }),
    ])
    expect(answers.map(outcome)).toEqual([
      2,
      'DAYBOOK_SCHEMA_VERSION',
      3,
      4,
      'DAYBOOK_SCHEMA_VERSION',
      'DAYBOOK_CHANGED',
    ])
    await journal.close()
  })

  test('comes behind the answer to a repetition, and behind a newer term', async () => {
    const { journal } = await openFile(newFile())
    const { seq } = await journal.claim('todos')
    const made: Transaction = {
      ...transaction('a', 1, [put('todos', 1, {})]),
      requires: [['claim', 'todos', seq]],
    }
    const position = await journal.append(made)
    await journal.claim('todos')
    expect(await journal.append(made)).toEqual(position)
    await expect(journal.append({ ...made, originSeq: 2 })).rejects.toThrow(DeposedError)
    await journal.claimTerm()
    await expect(journal.append({ ...made, originSeq: 2, term: 1 })).rejects.toMatchObject({
      code: 'DAYBOOK_FENCED',
    })
    await journal.close()
  })
})

describe('the cost', () => {
  test('of an append whose requirements are known is one statement, and one catch-up after those of others', async () => {
    const file = newFile()
    const { connection, statements } = recording(connect(file))
    const one = await openConnection(connection)
    const two = await openConnection(connect(file))
    const { seq } = await one.journal.claim('todos')
    const requires: Requirement[] = [
      ['claim', 'todos', seq],
      ['schema', 'todos', 1],
    ]
    let n = 0
    const append = async (): Promise<number> => {
      statements.length = 0
      await one.journal.append({ ...transaction('a', ++n, [put('todos', 1, { n })]), requires })
      return statements.length
    }
    await append()
    expect(await append()).toBe(1)
    expect(await append()).toBe(1)
    // Others' transactions change neither claims nor versions; what is known of those stays known.
    await two.journal.append(transaction('b', 1, [put('todos', 2, {})]))
    expect(await append()).toBe(7)
    expect(await append()).toBe(1)
    await two.journal.claim('todos')
    await expect(append()).rejects.toThrow(DeposedError)
    await one.journal.close()
    await two.journal.close()
  })

  test('of finding claims and versions is the same for a long log, and after a trim', async () => {
    const file = newFile()
    const session = await openFile(file)
    await session.journal.claim('todos')
    await session.journal.append(transaction('a', 1, [{ op: 'schema', collection: 'todos', from: 1, to: 2 }]))
    for (let n = 2; n <= 3000; n++) void session.journal.append(transaction('a', n, []))
    await session.journal.compact()
    await session.journal.close()
    let rows = 0
    const real = connect(file)
    const { journal } = await openConnection({
      ...real,
      execute(statement, parameters) {
        const answer = real.execute(statement, parameters) as readonly unknown[]
        rows += answer.length
        return answer as never
      },
    })
    const requires: Requirement[] = [
      ['claim', 'todos', 2],
      ['schema', 'todos', 2],
      ['unchanged', 'todos', 3],
    ]
    await journal.append({ ...transaction('b', 1, [put('todos', 1, {})]), requires })
    expect(rows).toBeLessThan(15)
    await journal.close()
  })
})

test('a checkpoint carries the claims and versions, and dropped collections are not forgotten by it', async () => {
  const file = newFile()
  const { journal } = await openFile(file)
  await journal.claim('todos')
  await journal.append(transaction('a', 1, [{ op: 'schema', collection: 'lists', from: 1, to: 4 }]))
  await journal.append(transaction('a', 2, [put('gone', 1, {})]))
  await journal.append(transaction('a', 3, [{ op: 'reset', collection: 'gone' }]))
  const { seq } = await journal.compact()
  const [stored] = sql<{ body: string }>(file, 'SELECT body FROM daybook_log WHERE seq = ?', seq)
  expect(JSON.parse(stored!.body)).toMatchObject([
    {
      controls: [
        ['gone', 0, 1, 5],
        ['lists', 0, 4, 3],
        ['todos', 2, 1, 0],
      ],
    },
  ])
  await journal.close()
})

test('verify finds controls that differ from the log, and a rebuild mends them', async () => {
  const file = newFile()
  const first = await openFile(file)
  await first.journal.claim('todos')
  await first.journal.append(transaction('a', 1, [{ op: 'schema', collection: 'todos', from: 1, to: 2 }]))
  await first.journal.close()
  for (const damage of [
    'UPDATE daybook_controls SET claim = 1',
    'UPDATE daybook_controls SET schema_version = 9',
    'UPDATE daybook_controls SET changed = 1',
    'DELETE FROM daybook_controls',
    `INSERT INTO daybook_controls VALUES ('"other"', 1, 1, 1)`,
  ]) {
    sql(file, damage)
    const session = await openFile(file)
    expect((await session.maintenance.verify()).findings).toMatchObject([{ invariant: 'M2' }])
    await session.maintenance.rebuild()
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  }
})

describe('what is no requirement, or no control', () => {
  const good = transaction('a', 1, [put('todos', 1, {})])
  const requiring = (requires: unknown): object => ({ ...good, requires })
  const body = (...ops: unknown[]): object => ({ ...good, parts: [JSON.stringify(ops)] })
  const schema = ['schema', 'todos', 1, 2]
  test.each<[string, object]>([
    ['requirements that are null', requiring(null)],
    ['requirements that are a text', requiring('claim')],
    ['a requirement that is null', requiring([null])],
    ['an unknown requirement', requiring([['free', 'todos', 1]])],
    ['a requirement without a collection', requiring([['claim', 1]])],
    ['a requirement of a collection that is no text', requiring([['claim', 7, 1]])],
    ['a claim at no seq', requiring([['claim', 'todos']])],
    ['a claim at -1', requiring([['claim', 'todos', -1]])],
    ['a claim at 1.5', requiring([['claim', 'todos', 1.5]])],
    ['a claim at a text', requiring([['claim', 'todos', '1']])],
    ['version 0', requiring([['schema', 'todos', 0]])],
    ['version 1.5', requiring([['schema', 'todos', 1.5]])],
    ['a version that is a text', requiring([['schema', 'todos', '2']])],
    ['unchanged since NaN', requiring([['unchanged', 'todos', Number.NaN]])],
    ['a requirement with too much', requiring([['unchanged', 'todos', 1, 2]])],
    ['more requirements than anybody has', requiring(Array(10_001).fill(['schema', 'todos', 1]))],
    ['a claim with too much', body(['claim', 'todos', 1])],
    ['a claim beside a change', body(['claim', 'todos'], ['truncate', 'todos'])],
    ['a change beside a claim', body(['truncate', 'todos'], ['claim', 'todos'])],
    ['two claims', body(['claim', 'todos'], ['claim', 'lists'])],
    ['a schema op without a version', body(['schema', 'todos', 1])],
    ['a schema op to version 0', body(['schema', 'todos', 1, 0])],
    ['a schema op from a text', body(['schema', 'todos', '1', 2])],
    ['a schema op behind a change', body(['truncate', 'todos'], schema)],
    ['a schema op behind the reset of another collection', body(['reset', 'lists'], schema)],
    ['two schema ops', body(schema, ['schema', 'todos', 2, 3])],
    ['a reset behind a schema op', body(schema, ['reset', 'todos'])],
    ['a change of another collection behind a schema op', body(schema, ['truncate', 'lists'])],
  ])('%s is refused, and the log is as it was', async (_, bad) => {
    const session = await openFile(newFile())
    await expect(session.journal.append(bad as typeof good)).rejects.toBeInstanceOf(InvalidTransactionError)
    expect(await session.journal.head()).toEqual({ term: 1, seq: 1 })
    expect((await session.journal.append(good)).seq).toBe(2)
    await session.journal.close()
  })

  test('the kind of an entry follows from its ops, whoever has put them together', async () => {
    const session = await openFile(newFile())
    const bodies: [string, unknown[]][] = [
      ['claim', [['claim', 'todos']]],
      ['schema', [schema, ['put', 'todos', 1, {}]]],
      ['schema', [['reset', 'todos'], schema]],
      [
        'reset',
        [
          ['put', 'lists', 1, {}],
          ['reset', 'todos'],
        ],
      ],
      ['tx', [['truncate', 'todos']]],
      ['tx', []],
    ]
    for (const [index, [, ops]] of bodies.entries()) {
      await session.journal.append({ origin: 'a', originSeq: index + 1, parts: [JSON.stringify(ops)] })
    }
    const kinds = (await readAll(session)).slice(1).map(({ kind }) => kind)
    expect(kinds).toEqual(bodies.map(([kind]) => kind))
    await session.journal.close()
  })
})
