/** Checkpoints and trims: the log stays bounded, and nothing that still matters goes with what is dropped. */

import { describe, expect, test } from 'vitest'
import { createDriver } from '../../src/drivers/runner.js'
import { appendCheckpoint } from '../../src/log/checkpoint.js'
import { trim } from '../../src/log/trim.js'
import { anyOps, put } from '../support/arbitraries.js'
import { FakeClock } from '../support/clock.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { apply, difference, type Model, readModel } from '../support/model.js'
import {
  exec,
  openConnection,
  openFile,
  openOn,
  readAll,
  type Session,
  sql,
  transaction,
} from '../support/open.js'

/** What the rows must be, when the log alone cannot say it any more. */
function modelOf(history: History): Model {
  const model: Model = new Map()
  for (const { ops, acknowledged } of history.asked) apply(model, ops, acknowledged!.seq)
  return model
}

async function expectWhole(session: Session, history: History): Promise<void> {
  expect((await session.maintenance.verify()).findings).toEqual([])
  expect(difference(await readModel(session), modelOf(history))).toBeUndefined()
  for (const asked of history.asked) await history.send(session, asked)
  expect(session.errors).toEqual([])
}

const seqs = (file: string): number[] =>
  sql<{ seq: number }>(file, 'SELECT seq FROM daybook_log ORDER BY seq').map(({ seq }) => seq)

describe('compact()', () => {
  test('keeps the rows and every answer, whatever came before and comes after', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: anyOps },
      { weight: 1, arbitrary: fc.constantFrom('compact', 'reopen', 'claim') },
    )
    await check(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const file = newFile()
        let session = await openConnection(connect(file))
        const history = new History()
        for (const step of steps) {
          if (step === 'compact') {
            const at = await session.journal.compact()
            const kept = seqs(file)
            expect(kept[0]).toBe(at.seq)
          } else if (step === 'reopen') {
            await session.journal.close()
            session = await openConnection(connect(file))
          } else if (step === 'claim') {
            await session.journal.claimTerm()
          } else {
            await history.send(session, history.make(step))
          }
        }
        await expectWhole(session, history)
        const kept = seqs(file)
        expect(kept).toEqual(kept.map((_, index) => kept[0]! + index))
        await session.journal.close()
        removeFile(file)
      }),
      80,
    )
  })

  test('goes on with seqs where the log was, never from the beginning', async () => {
    const session = await openFile(newFile())
    await session.journal.append(transaction('a', 1, []))
    const checkpoint = await session.journal.compact()
    expect(checkpoint).toEqual({ term: 1, seq: 3 })
    expect(await session.journal.append(transaction('a', 2, []))).toEqual({ term: 1, seq: 4 })
    expect((await readAll(session)).map(({ kind }) => kind)).toEqual(['checkpoint', 'tx'])
    await session.journal.close()
  })

  test('tells a reader behind the floor, and lets one at the floor go on', async () => {
    const session = await openFile(newFile())
    for (let n = 1; n <= 5; n++) await session.journal.append(transaction('a', n, []))
    const floor = await session.journal.compact()
    for (const seq of [0, 1, floor.seq - 2]) {
      expect(await session.journal.read({ term: seq === 0 ? 0 : 1, seq })).toEqual({ trimmed: floor })
    }
    expect(await session.journal.read({ term: 1, seq: floor.seq - 1 })).toMatchObject({
      entries: { length: 1 },
    })
    expect(await session.journal.read(floor)).toMatchObject({ entries: [] })
    await session.journal.close()
  })

  test('keeps the chain: damage behind the floor is found, and damage of the checkpoint as well', async () => {
    const file = newFile()
    const session = await openFile(file)
    for (let n = 1; n <= 5; n++) await session.journal.append(transaction('a', n, [put('todos', n, {})]))
    const floor = await session.journal.compact()
    await session.journal.append(transaction('a', 6, []))
    await session.journal.close()
    for (const seq of [floor.seq, floor.seq + 1]) {
      const copy = copyAsKilled(file)
      exec(copy, 'DROP TRIGGER daybook_log_immutable')
      exec(copy, `UPDATE daybook_log SET committed_at = committed_at + 1 WHERE seq = ${seq}`)
      const damaged = await openFile(copy)
      const { findings } = await damaged.maintenance.verify()
      expect(findings[0]).toMatchObject({ invariant: 'L7', seq })
      await damaged.journal.close()
    }
  })

  test('gives back the space of large entries', async () => {
    const file = newFile()
    const session = await openFile(file)
    const large = [1, 2, 3].map((key) => put('todos', key, { text: 'x'.repeat(300_000) }))
    await session.journal.append(transaction('a', 1, large))
    expect(sql(file, 'SELECT seq FROM daybook_log_parts').length).toBe(2)
    await session.journal.compact()
    expect(sql(file, 'SELECT seq FROM daybook_log_parts')).toEqual([])
    expect((await session.journal.query('todos')).rows.length).toBe(3)
    await session.journal.close()
  })

  test('lets appends in between its batches', async () => {
    const file = newFile()
    const session = await openFile(file)
    const history = new History()
    await Promise.all(
      Array.from({ length: 2500 }, (_, n) => history.send(session, history.make([put('todos', n, { n })]))),
    )
    let done = false
    const compacting = session.journal.compact().then(() => {
      done = true
    })
    let between = 0
    while (!done) {
      await history.send(session, history.make([put('todos', 'during', { between })]))
      if (!done) between++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await compacting
    expect(between).toBeGreaterThan(5)
    await expectWhole(session, history)
    await session.journal.close()
  })

  test('ends in order when the journal is closed; what is left to trim is trimmed the next time', async () => {
    const file = newFile()
    const session = await openFile(file)
    const history = new History()
    await Promise.all(
      Array.from({ length: 1200 }, (_, n) => history.send(session, history.make([put('todos', n, { n })]))),
    )
    const compacting = session.journal.compact()
    await session.journal.close()
    await expect(compacting).resolves.toMatchObject({ seq: 1202 })
    const next = await openFile(file)
    await expectWhole(next, history)
    const floor = await next.journal.compact()
    expect(seqs(file)[0]).toBe(floor.seq)
    await next.journal.close()
  })

  test('by two journals at the same time leaves a sound log', async () => {
    const file = newFile()
    const sessions = [await openFile(file), await openFile(file)] as const
    const history = new History()
    for (let n = 0; n < 20; n++) await history.send(sessions[n % 2]!, history.make([put('todos', n, { n })]))
    await Promise.all(sessions.map(({ journal }) => journal.compact()))
    for (const session of sessions) await expectWhole(session, history)
    for (const { journal } of sessions) await journal.close()
  })
})

describe('a trim', () => {
  const filled = async (): Promise<{ file: string; session: Session }> => {
    const file = newFile()
    const session = await openConnection(connect(file))
    for (let n = 1; n <= 9; n++) await session.journal.append(transaction('a', n, []))
    return { file, session }
  }

  test('removes nothing without a checkpoint', async () => {
    const { file, session } = await filled()
    await session.journal.query('todos')
    expect(await session.journal.maintain(() => trim(1000, 1000))).toBe(false)
    expect(seqs(file).length).toBe(10)
    await session.journal.close()
  })

  test('removes nothing above the cursor, though a checkpoint allows it', async () => {
    const { file, session } = await filled()
    await session.journal.query('todos')
    await session.journal.append(transaction('a', 10, []))
    await session.journal.append(transaction('a', 11, []))
    // A checkpoint that does not wait for posting: the cursor is at 10.
    await session.journal.maintain(() => appendCheckpoint('b', 1, 0, []))
    await session.journal.maintain(() => trim(1000, 1000))
    expect(seqs(file)).toEqual([11, 12, 13])
    await session.journal.close()
  })

  test('removes a batch at a time, the oldest first', async () => {
    const { file, session } = await filled()
    await session.journal.query('todos')
    await session.journal.maintain(() => appendCheckpoint('b', 1, 0, []))
    expect(await session.journal.maintain(() => trim(1000, 4))).toBe(true)
    expect(seqs(file)[0]).toBe(5)
    expect(await session.journal.maintain(() => trim(7, 4))).toBe(false)
    expect(seqs(file)[0]).toBe(7)
    expect(await session.journal.maintain(() => trim(1000, 4))).toBe(false)
    expect(seqs(file)).toEqual([11])
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })

  test.each([
    'DELETE FROM daybook_log WHERE seq = 11',
    'DELETE FROM daybook_log WHERE seq = 12',
    'DELETE FROM daybook_log WHERE seq = 3',
    'DELETE FROM daybook_log',
  ])('is all that the triggers let through, not %s', async (attempt) => {
    const { file, session } = await filled()
    await session.journal.query('todos')
    await session.journal.maintain(() => appendCheckpoint('b', 1, 0, []))
    await session.journal.append(transaction('a', 10, []))
    expect(() => exec(file, attempt)).toThrow(/daybook/)
    expect(seqs(file).length).toBe(12)
    await session.journal.close()
  })
})

describe('retention', () => {
  test('keeps about as many entries as were asked for, in the background, and all of the rows', async () => {
    const file = newFile()
    const session = await openOn(createDriver(connect(file)), new FakeClock(), { entries: 100 })
    const history = new History()
    let longest = 0
    for (let n = 0; n < 600; n++) {
      await history.send(session, history.make([put('todos', n % 50, { n })]))
      if (n % 10 === 0) await session.clock.advance(150)
      longest = Math.max(longest, seqs(file).length)
    }
    await session.clock.advance(1000)
    expect(longest).toBeLessThanOrEqual(150)
    expect(seqs(file).length).toBeGreaterThanOrEqual(100)
    await expectWhole(session, history)
    await session.journal.close()
  })

  test('writes nothing more when nothing happens', async () => {
    const file = newFile()
    const session = await openOn(createDriver(connect(file)), new FakeClock(), { entries: 10 })
    for (let n = 1; n <= 40; n++) await session.journal.append(transaction('a', n, []))
    await session.clock.advance(1000)
    const before = seqs(file)
    await session.clock.advance(60_000)
    expect(seqs(file)).toEqual(before)
    expect(session.clock.pending).toBe(0)
    await session.journal.close()
  })

  test("'all' never removes anything by itself", async () => {
    const file = newFile()
    const session = await openConnection(connect(file))
    for (let n = 1; n <= 3000; n++) void session.journal.append(transaction('a', n, []))
    await session.journal.head()
    await session.clock.advance(10_000)
    expect(seqs(file).length).toBe(3001)
    await session.journal.close()
  })
})
