/** Redaction: values are blanked, and everything else that the log promises goes on holding (L1 to L7, M2). */

import { describe, expect, test } from 'vitest'
import { digest } from '../../src/log/checksum.js'
import { decodeOps } from '../../src/log/decode-ops.js'
import { encodeOps, type Op } from '../../src/log/op.js'
import { isSoundlyRedacted, opsText, partDigest, redactedPart } from '../../src/log/redacted-part.js'
import { anyOps, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { apply, difference, dumpRows, type Model, readModel } from '../support/model.js'
import { exec, openConnection, openFile, readAll, type Session, sql, transaction } from '../support/open.js'

/** What the rows hold, whichever entry stated it last. */
const contents = (model: Model): Model =>
  new Map(
    [...model].map(([id, { rows, state }]) => [
      id,
      { rows: new Map([...rows].map(([key, row]) => [key, { ...row, seq: 0 }])), state },
    ]),
  )

const hasValue = (op: Op): boolean =>
  op.op === 'put' || op.op === 'patch' || ((op.op === 'meta' || op.op === 'state') && op.value !== undefined)

async function expectSound(session: Session): Promise<void> {
  expect(await session.maintenance.verify()).toMatchObject({ clean: true, findings: [] })
  expect(session.errors).toEqual([])
}

describe('a redacted part', () => {
  test('keeps the digest that it had, however often it is redacted', async () => {
    await check(
      fc.property(fc.string(), fc.json(), fc.json(), (written, once, twice) => {
        fc.pre(!written.startsWith('{'))
        const redacted = redactedPart(written, once)
        expect(partDigest(redacted)).toBe(digest(written))
        expect(opsText(redacted)).toBe(once)
        expect(isSoundlyRedacted(redacted)).toBe(true)
        const again = redactedPart(redacted, twice)
        expect([partDigest(again), opsText(again)]).toEqual([digest(written), twice])
      }),
      200,
    )
  })

  test('is JSON that SQL can read', () => {
    const part = redactedPart('[["put","todos",1,{"secret":1}]]', '[["redacted","todos"]]')
    expect(JSON.parse(part)).toEqual({
      was: digest('[["put","todos",1,{"secret":1}]]'),
      is: digest('[["redacted","todos"]]'),
      ops: [['redacted', 'todos']],
    })
    expect(decodeOps(part)).toEqual([])
  })
})

describe('redact()', () => {
  const seqRange = fc
    .tuple(fc.integer({ min: 1, max: 16 }), fc.integer({ min: 0, max: 10 }))
    .map(([from, length]) => ({ redact: { from, to: from + length } }))
  const anyStep = fc.oneof(
    { weight: 6, arbitrary: anyOps.map((ops) => ({ ops })) },
    { weight: 2, arbitrary: seqRange },
    { weight: 1, arbitrary: fc.constant('compact' as const) },
  )

  test('leaves every row, every answer and a whole log, and none of the values in the range', async () => {
    await check(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 14 }), fc.boolean(), async (steps, compacts) => {
        const file = newFile()
        const session = await openConnection(connect(file))
        const history = new History()
        const model: Model = new Map()
        for (const step of steps) {
          if (step === 'compact') {
            if (compacts) await session.journal.compact()
          } else if ('ops' in step) {
            const { seq } = await history.send(session, history.make(step.ops))
            apply(model, step.ops, seq)
          } else {
            const before = await readAll(session)
            const plan = await session.maintenance.planRedaction(step.redact)
            expect(await readAll(session)).toEqual(before)
            const { record, ...done } = await session.maintenance.redact(step.redact)
            expect(done).toEqual(plan)
            const after = await readAll(session)
            expect(record?.seq).toBe(plan.entries.length > 0 ? before.at(-1)!.position.seq + 1 : undefined)
            expect(after.slice(0, before.length).map(({ checksum }) => checksum)).toEqual(
              before.map(({ checksum }) => checksum),
            )
            for (const { position, kind, parts } of after.slice(0, before.length)) {
              if (position.seq < step.redact.from || position.seq > step.redact.to) continue
              if (kind === 'checkpoint' || kind === 'redact') continue
              expect(parts.flatMap(decodeOps).filter(hasValue)).toEqual([])
            }
          }
          expect(difference(contents(await readModel(session)), contents(model))).toBeUndefined()
          await expectSound(session)
        }
        for (const asked of history.asked) await history.send(session, asked)
        if (!compacts) {
          await session.maintenance.collections()
          const posted = dumpRows(file)
          await session.maintenance.rebuild()
          expect(dumpRows(file)).toBe(posted)
        }
        await session.journal.close()
        removeFile(file)
      }),
      60,
    )
  })

  test('states anew only what has its content from there', async () => {
    const session = await openFile(newFile())
    const write = async (...ops: Op[]): Promise<void> => {
      const history = new History(`writer-${ops.length}-${Math.random()}`)
      await history.send(session, history.make(ops))
    }
    await write(put('todos', 'kept', { a: 1 }), put('todos', 'patched', { a: 1 }), put('todos', 'gone', {}))
    await write(put('todos', 'replaced', { a: 1 }), { op: 'state', collection: 'todos', name: 's', value: 1 })
    await write({ op: 'patch', collection: 'todos', key: 'patched', fields: { b: 2 } })
    await write({ op: 'delete', collection: 'todos', key: 'gone' }, put('todos', 'replaced', { a: 2 }))
    const plan = await session.maintenance.planRedaction({ from: 2, to: 3 })
    expect(plan).toEqual({
      entries: [
        { seq: 2, ops: 3, collections: ['todos'] },
        { seq: 3, ops: 2, collections: ['todos'] },
      ],
      restated: [{ collection: 'todos', keys: ['kept', 'patched'], states: ['s'] }],
    })
    expect(await session.journal.head()).toMatchObject({ seq: 5 })
    const { record } = await session.maintenance.redact({ from: 2, to: 3 })
    expect(record).toEqual({ term: 1, seq: 6 })
    const entries = await readAll(session)
    expect(entries.map(({ kind }) => kind)).toEqual(['term', 'tx', 'tx', 'tx', 'tx', 'redact', 'tx'])
    expect(entries[6]!.parts.flatMap(decodeOps)).toEqual([
      put('todos', 'kept', { a: 1 }),
      put('todos', 'patched', { a: 1, b: 2 }),
      { op: 'state', collection: 'todos', name: 's', value: 1 },
    ])
    await session.journal.close()
  })

  test('keeps a collection that was brought back behind its reset', async () => {
    const file = newFile()
    const session = await openFile(file)
    const patch: Op = { op: 'patch', collection: 'todos', key: 1, fields: {} }
    await session.journal.append(
      transaction('a', 1, [put('todos', 1, {}), { op: 'reset', collection: 'todos' }, patch]),
    )
    await session.maintenance.collections()
    const posted = dumpRows(file)
    await session.maintenance.redact({ from: 2, to: 2 })
    await session.maintenance.rebuild()
    expect(dumpRows(file)).toContain('rows_todos')
    expect(posted).toContain('rows_todos')
    await session.journal.close()
  })

  test('of entries without values writes nothing', async () => {
    const session = await openFile(newFile())
    await session.journal.append(transaction('a', 1, [{ op: 'delete', collection: 'todos', key: 1 }]))
    expect(await session.maintenance.redact({ from: 1, to: 99 })).toEqual({
      entries: [],
      restated: [],
      record: undefined,
    })
    expect(await session.journal.head()).toMatchObject({ seq: 2 })
    await session.journal.close()
  })

  test('blanks large entries part by part, and those that migrate', async () => {
    const session = await openFile(newFile())
    const large = [1, 2, 3].map((key) => put('todos', key, { text: 'x'.repeat(300_000) }))
    await session.journal.append(transaction('a', 1, large))
    await session.journal.append(
      transaction('a', 2, [
        { op: 'schema', collection: 'todos', from: 1, to: 2 },
        { op: 'truncate', collection: 'todos' },
        ...large,
      ]),
    )
    await session.maintenance.redact({ from: 2, to: 3 })
    await expectSound(session)
    const [, one, two, , restated] = await readAll(session)
    for (const entry of [one!, two!]) expect(entry.parts.join('').length).toBeLessThan(1000)
    expect(restated!.parts.length).toBeGreaterThan(1)
    expect(await session.journal.query('todos')).toMatchObject({ schemaVersion: 2, rows: { length: 3 } })
    await session.journal.close()
  })

  test('knows a transaction again that it has blanked, and another one with its number', async () => {
    const session = await openFile(newFile())
    const asked = transaction('a', 1, [put('todos', 1, { secret: 1 })])
    const position = await session.journal.append(asked)
    await session.maintenance.redact({ from: 1, to: 2 })
    expect(await session.journal.append(asked)).toEqual(position)
    const other = transaction('a', 1, [put('todos', 1, { secret: 2 })])
    await expect(session.journal.append(other)).rejects.toMatchObject({ code: 'DAYBOOK_ORIGIN_CONFLICT' })
    await session.journal.close()
  })

  test.each([{ from: 0, to: 1 }, { from: 2, to: 1 }, { from: 1.5, to: 2 }, {}, undefined])(
    'refuses %j as a range',
    async (range) => {
      const session = await openFile(newFile())
      await expect(session.maintenance.redact(range as never)).rejects.toMatchObject({ option: 'range' })
      await session.journal.close()
    },
  )
})

describe('verify() on a redacted log', () => {
  async function redacted(): Promise<string> {
    const file = newFile()
    const session = await openFile(file)
    for (let n = 1; n <= 3; n++) {
      await session.journal.append(
        transaction('a', n, [put('todos', n, { n }), { op: 'delete', collection: 'todos', key: 'x' }]),
      )
    }
    await session.maintenance.redact({ from: 2, to: 2 })
    await session.journal.close()
    return file
  }
  const other = redactedPart('[["put","todos",2,{"n":2}],["delete","todos","x"]]', '[["redacted","todos"]]')

  test.each<[string, string, string, number]>([
    [
      'more is blanked than the record says',
      `UPDATE daybook_log SET body = replace(body, ',["delete","todos","x"]', '')`,
      'L3',
      2,
    ],
    [
      'an entry is blanked that no record names',
      `UPDATE daybook_log SET body = '${other}', size = ${other.length} WHERE seq = 3`,
      'L4',
      3,
    ],
    [
      'what is left is another op',
      `UPDATE daybook_log SET body = replace(body, '"x"', '"y"') WHERE seq = 2`,
      'L3',
      2,
    ],
    [
      'the digest in the chain is another one',
      `UPDATE daybook_log SET body = replace(body, '"was":"', '"was":"0') WHERE seq = 2`,
      'L3',
      2,
    ],
  ])('finds it when %s', async (_, damage, invariant, seq) => {
    const file = await redacted()
    exec(file, `DROP TRIGGER daybook_log_immutable; ${damage}`)
    const session = await openFile(file)
    const { findings } = await session.maintenance.verify()
    expect(findings[0]).toMatchObject({ invariant, seq })
    await session.driver.close()
  })

  test('finds that what a record names was put back', async () => {
    const file = await redacted()
    const body = encodeOps([put('todos', 1, { n: 1 }), { op: 'delete', collection: 'todos', key: 'x' }])[0]!
    exec(
      file,
      `DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET body = '${body}', size = ${body.length} WHERE seq = 2`,
    )
    const session = await openFile(file)
    expect((await session.maintenance.verify()).findings[0]).toMatchObject({ invariant: 'L4', seq: 2 })
    await session.driver.close()
  })
})

describe('nobody can redact past daybook', () => {
  test.each([
    ['another body', `UPDATE daybook_log SET body = '[]' WHERE seq = 2`],
    ['another field beside it', `UPDATE daybook_log SET body = '{"was":"x', term = 9 WHERE seq = 2`],
    ['another digest of what it was', `UPDATE daybook_log SET body = '{"was":"x' WHERE seq = 4`],
    ['a term entry', `UPDATE daybook_log SET body = '{"was":"x' WHERE seq = 1`],
    ['a record', `UPDATE daybook_log SET body = '{"was":"x' WHERE kind = 'redact'`],
    [
      'what is not posted yet',
      `UPDATE daybook_log SET body = '{"was":"x' WHERE seq > (SELECT seq FROM daybook_cursor)`,
    ],
    ['a part to an array', `UPDATE daybook_log_parts SET body = '[]'`],
    ['a part to another entry', `UPDATE daybook_log_parts SET body = '{"was":"x', seq = 2 WHERE seq = 3`],
  ])('to %s', async (_, attempt) => {
    const file = newFile()
    const session = await openFile(file)
    await session.journal.append(transaction('a', 1, [put('todos', 1, {})]))
    const large = [1, 2].map((key) => put('todos', key, { text: 'x'.repeat(300_000) }))
    await session.journal.append(transaction('a', 2, large))
    await session.journal.append(transaction('a', 3, [put('todos', 1, {})]))
    await session.maintenance.redact({ from: 4, to: 4 })
    await session.journal.append(transaction('a', 4, [put('todos', 1, {})]))
    const before = await readAll(session)
    expect(() => sql(file, attempt)).toThrow(/daybook/)
    expect(await readAll(session)).toEqual(before)
    await session.journal.close()
  })
})
