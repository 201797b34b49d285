/** L1 gapless, L2 monotonic, L3 atomic, L6 fenced, L9 cost, and the group commit. */

import { describe, expect, test } from 'vitest'
import type { SqlRow } from '../../src/drivers/statement.js'
import { FencedError, InvalidTransactionError } from '../../src/errors.js'
import { anyOps, put } from '../support/arbitraries.js'
import { connect, recording, sqliteError } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { checkDatabase, History } from '../support/history.js'
import { openConnection, openFile, readAll, sql, transaction } from '../support/open.js'

describe('the log', () => {
  test('is gapless, its terms never decrease, and its fold is the rows, whatever is appended', async () => {
    const anyStep = fc.oneof(
      { weight: 5, arbitrary: fc.array(anyOps, { minLength: 1, maxLength: 4 }) },
      { weight: 1, arbitrary: fc.constant('claim' as const) },
      { weight: 1, arbitrary: fc.constant('query' as const) },
    )
    await check(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
        const file = newFile()
        const sessions = [await openConnection(connect(file)), await openConnection(connect(file))] as const
        const history = new History()
        for (const [index, step] of steps.entries()) {
          const session = sessions[index % 2]!
          if (step === 'claim') await session.journal.claimTerm()
          else if (step === 'query') await session.journal.query('todos')
          else await Promise.all(step.map((ops) => history.send(session, history.make(ops))))
        }
        const entries = await checkDatabase(sessions[0], history)
        expect(entries.map(({ position }) => position.seq)).toEqual(entries.map((_, index) => index + 1))
        const terms = entries.map(({ position }) => position.term)
        expect(terms).toEqual([...terms].sort((a, b) => a - b))
        for (const { journal } of sessions) await journal.close()
        removeFile(file)
      }),
      100,
    )
  })

  test('has one entry for a transaction over several collections', async () => {
    const session = await openFile(newFile())
    const history = new History()
    await history.send(
      session,
      history.make([put('a', 1, { x: 1 }), put('b', 1, { x: 2 }), put('c', '1', {})]),
    )
    const entries = await checkDatabase(session, history)
    expect(entries.length).toBe(2)
    await session.journal.close()
  })

  test('keeps a transaction that is larger than any engine takes in one value as one entry in parts', async () => {
    const file = newFile()
    const session = await openFile(file)
    const history = new History()
    const ops = Array.from({ length: 30_000 }, (_, key) =>
      put('todos', key, { text: `row ${key} `.repeat(15) }),
    )
    await history.send(session, history.make(ops))
    await history.send(session, history.make([put('todos', 0, { last: true })]))
    const [, large] = await checkDatabase(session, history)
    expect(large!.parts.length).toBeGreaterThan(5)
    for (const part of large!.parts) {
      expect(Buffer.byteLength(part)).toBeLessThan(2_000_000)
      expect(Array.isArray(JSON.parse(part))).toBe(true)
    }
    await session.journal.close()
  })

  test('can be read from any position, by any page', async () => {
    const session = await openFile(newFile())
    const history = new History()
    for (let n = 0; n < 20; n++) await history.send(session, history.make([put('todos', n, { n })]))
    const entries = await readAll(session)
    for (const limit of [1, 2, 7, 1000]) expect(await readAll(session, limit)).toEqual(entries)
    for (const { position } of entries) {
      const answer = await session.journal.read(position)
      expect(answer).toMatchObject({ entries: entries.slice(position.seq), head: { term: 1, seq: 21 } })
    }
    await session.journal.close()
  })

  test('says so to a reader who comes from another log', async () => {
    const session = await openFile(newFile())
    const floor = { term: 1, seq: 1 }
    expect(await session.journal.read({ term: 1, seq: 5 })).toEqual({ trimmed: floor })
    expect(await session.journal.read({ term: 2, seq: 1 })).toEqual({ trimmed: floor })
    await session.journal.close()
  })
})

describe('a stale leader', () => {
  test('is refused and adds nothing, whoever claimed the newer term', async () => {
    await check(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom('claim', 'append', 'append without a term')), {
          maxLength: 20,
        }),
        async (steps) => {
          const file = newFile()
          const journals = await Promise.all(
            [0, 1, 2].map(async () => (await openConnection(connect(file))).journal),
          )
          const held: (number | undefined)[] = []
          let newest = 1
          let seq = 1
          for (const [index, [by, what]] of steps.entries()) {
            const journal = journals[by]!
            if (what === 'claim') {
              const position = await journal.claimTerm()
              expect(position).toEqual({ term: ++newest, seq: ++seq })
              held[by] = newest
              continue
            }
            const term = what === 'append' ? held[by] : undefined
            const made = {
              ...transaction(`writer-${by}`, index + 1, []),
              ...(term !== undefined && { term }),
            }
            if (term !== undefined && term < newest) {
              await expect(journal.append(made)).rejects.toMatchObject({
                code: 'DAYBOOK_FENCED',
                term,
                newestTerm: newest,
              })
            } else {
              expect(await journal.append(made)).toEqual({ term: newest, seq: ++seq })
            }
            expect(await journal.head()).toMatchObject({ seq })
          }
          for (const journal of journals) await journal.close()
          removeFile(file)
        },
      ),
      60,
    )
  })

  test('does not take its neighbours of the group down with it', async () => {
    const session = await openFile(newFile())
    await session.journal.claimTerm()
    const answers = await Promise.allSettled([
      session.journal.append({ ...transaction('a', 1, []), term: 2 }),
      session.journal.append({ ...transaction('a', 2, []), term: 1 }),
      session.journal.append(transaction('a', 3, [])),
    ])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((answers[1] as PromiseRejectedResult).reason).toBeInstanceOf(FencedError)
    expect(await session.journal.head()).toEqual({ term: 2, seq: 4 })
    await session.journal.close()
  })
})

describe('appends of one turn', () => {
  test('share one SQLite transaction, in the order in which they were asked for', async () => {
    const { connection, statements } = recording(connect(newFile()))
    const session = await openConnection(connection)
    statements.length = 0
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => session.journal.append(transaction('a', index + 1, []))),
    )
    expect(answers.map(({ seq }) => seq)).toEqual(answers.map((_, index) => index + 2))
    expect(statements.filter((text) => text.startsWith('BEGIN'))).toEqual(['BEGIN IMMEDIATE'])
    expect(statements.filter((text) => text === 'COMMIT').length).toBe(1)
    await session.journal.close()
  })

  test('are refused one by one when there is room for some of them only', async () => {
    const real = connect(newFile())
    let room = true
    const session = await openConnection({
      ...real,
      execute(statement, parameters) {
        const large = parameters.some((value) => typeof value === 'string' && value.length > 10_000)
        if (large && !room) throw sqliteError('SQLITE_FULL', 'database or disk is full')
        return real.execute(statement, parameters)
      },
    })
    room = false
    const answers = await Promise.allSettled([
      session.journal.append(transaction('a', 1, [put('todos', 1, {})])),
      session.journal.append(transaction('a', 2, [put('todos', 2, { text: 'x'.repeat(20_000) })])),
      session.journal.append(transaction('a', 3, [put('todos', 3, {})])),
    ])
    expect(answers).toMatchObject([
      { value: { seq: 2 } },
      { reason: { code: 'DAYBOOK_STORAGE_FULL' } },
      { value: { seq: 3 } },
    ])
    await session.journal.close()
  })
})

describe('the cost', () => {
  test('of an append is one statement, whatever the length of the log', async () => {
    const { connection, statements } = recording(connect(newFile()))
    const session = await openConnection(connection)
    let made = 0
    const append = (): Promise<unknown> =>
      session.journal.append(transaction('a', ++made, [put('todos', made, {})]))
    const cost = async (): Promise<string[]> => {
      statements.length = 0
      await append()
      return [...statements]
    }
    await append()
    const early = await cost()
    expect(early.length).toBe(1)
    for (let n = 0; n < 3000; n++) void append()
    await append()
    expect(await cost()).toEqual(early)
    await session.journal.query('todos')
    expect(await cost()).toEqual(early)
    await session.journal.close()
  })

  test('of an append after those of others is that of reading them, once', async () => {
    const file = newFile()
    const { connection, statements } = recording(connect(file))
    const one = await openConnection(connection)
    const two = await openConnection(connect(file))
    await one.journal.append(transaction('a', 1, [put('todos', 1, {})]))
    await two.journal.append(transaction('b', 1, [put('todos', 2, {})]))
    statements.length = 0
    expect(await one.journal.append(transaction('a', 2, [put('todos', 3, {})]))).toEqual({ term: 1, seq: 4 })
    // The one statement is refused; then it is seen that the log is the same, and the tail and what lies between are read.
    expect(statements.length).toBe(7)
    statements.length = 0
    await one.journal.append(transaction('a', 3, [put('todos', 4, {})]))
    expect(statements.length).toBe(1)
    await one.journal.close()
    await two.journal.close()
  })

  test('of opening is that of the tail after the cursor, whatever the length of the log', async () => {
    const file = newFile()
    const rowsRead = async (): Promise<number> => {
      const real = connect(file)
      let rows = 0
      const session = await openConnection({
        ...real,
        execute(statement, parameters) {
          const answer = real.execute(statement, parameters) as readonly SqlRow[]
          rows += answer.length
          return answer
        },
      })
      await session.journal.append(transaction('opener', Math.floor(rows) + 1, []))
      await session.journal.query('empty')
      await session.driver.close()
      return rows
    }
    const session = await openFile(file)
    for (let n = 1; n <= 10; n++) await session.journal.append(transaction('a', n, []))
    await session.journal.query('empty')
    const short = await rowsRead()
    for (let n = 11; n <= 3000; n++) void session.journal.append(transaction('a', n, []))
    await session.journal.head()
    await session.journal.close()
    expect(await rowsRead()).toBeLessThanOrEqual(short + 2)
  })
})

describe('what is not a transaction', () => {
  const good = transaction('a', 1, [put('todos', 1, {})])
  const part = (text: string): object => ({ ...good, parts: [text] })
  test.each<[string, object]>([
    ['an empty origin', { ...good, origin: '' }],
    ['an origin that is a document', { ...good, origin: 'x'.repeat(129) }],
    ['an origin that is no text', { ...good, origin: 7 }],
    ['an origin that SQLite would store as another text', { ...good, origin: '\ud800x' }],
    ['origin seq 0', { ...good, originSeq: 0 }],
    ['origin seq 1.5', { ...good, originSeq: 1.5 }],
    ['origin seq 2^53', { ...good, originSeq: 2 ** 53 }],
    ['term 0', { ...good, term: 0 }],
    ['term NaN', { ...good, term: Number.NaN }],
    ['no parts', { ...good, parts: [] }],
    ['parts that are no texts', { ...good, parts: [7] }],
    ['a part that is no JSON', part('[')],
    ['a part that is no array', part('{}')],
    ['an unknown op', part('[["zap","todos"]]')],
    ['an op without a collection', part('[["truncate"]]')],
    ['a key that is no key', part('[["delete","todos",null]]')],
    ['a key that is infinite', part('[["delete","todos",1e999]]')],
    ['a value that is no object', part('[["put","todos",1,"text"]]')],
    ['notes that are no notes', part('[["put","todos",1,{},[1]]]')],
    ['a note without a type', part('[["put","todos",1,{},[[]]]]')],
    ['a note whose path is no path', part('[["put","todos",1,{},[["bigint",null]]]]')],
    ['notes of metadata that are no notes', part('[["meta","todos",1,{},[1]]]')],
    ['notes of a state that are no notes', part('[["state","todos","n",{},[1]]]')],
    ['a put with notes that are null', part('[["put","todos",1,{},null]]')],
  ])('%s is refused, and the log is as it was', async (_, bad) => {
    const session = await openFile(newFile())
    await expect(session.journal.append(bad as typeof good)).rejects.toBeInstanceOf(InvalidTransactionError)
    expect(await session.journal.head()).toEqual({ term: 1, seq: 1 })
    expect((await session.journal.append(good)).seq).toBe(2)
    expect((await session.journal.query('todos')).rows.length).toBe(1)
    await session.journal.close()
  })
})

describe('nobody can change the log', () => {
  const attempts = [
    "UPDATE daybook_log SET body = '[]' WHERE seq = 2",
    'UPDATE daybook_log SET seq = 9 WHERE seq = 3',
    'UPDATE OR REPLACE daybook_log SET seq = 2 WHERE seq = 3',
    'UPDATE daybook_log SET body = body',
    'DELETE FROM daybook_log WHERE seq = 3',
    'DELETE FROM daybook_log WHERE seq = 1',
    'DELETE FROM daybook_log',
    "UPDATE daybook_log_parts SET body = '[]'",
    'DELETE FROM daybook_log_parts',
    'INSERT INTO daybook_log SELECT * FROM daybook_log WHERE seq = 2',
    "INSERT INTO daybook_log SELECT * FROM daybook_log WHERE seq = 2 ON CONFLICT DO UPDATE SET body = '[]'",
    "INSERT OR REPLACE INTO daybook_log SELECT seq, term, kind, origin, origin_seq, committed_at, format, parts, size, '[]', checksum FROM daybook_log WHERE seq = 2",
    "INSERT OR REPLACE INTO daybook_log_parts SELECT seq, part, '[]' FROM daybook_log_parts",
  ]
  test.each(attempts)('by %s', async (attempt) => {
    const file = newFile()
    const session = await openFile(file)
    const history = new History()
    const large = Array.from({ length: 3 }, (_, key) => put('todos', key, { text: 'x'.repeat(300_000) }))
    await history.send(session, history.make(large))
    await history.send(session, history.make([put('todos', 1, {})]))
    await session.journal.query('todos')
    const before = await readAll(session)
    expect(() => sql(file, attempt)).toThrow(/daybook|UNIQUE/)
    expect(await readAll(session)).toEqual(before)
    await session.journal.close()
  })
})
