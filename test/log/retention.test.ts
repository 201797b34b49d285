/** What a log keeps: by entries, bytes and log time, and by itself about as much as there are rows. */

import { existsSync, statSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createDriver } from '../../src/drivers/runner.js'
import type { Retain } from '../../src/log/retention.js'
import { openDaybook } from '../../src/node.js'
import type { TraceEvent } from '../../src/runtime/daybook/trace.js'
import { put } from '../support/arbitraries.js'
import { FakeClock } from '../support/clock.js'
import { connect } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { exec, openFile, openOn, type Session, sql, transaction } from '../support/open.js'

const open = (file: string, retain: Retain, clock = new FakeClock()): Promise<Session> =>
  openOn(createDriver(connect(file)), clock, retain)

const kept = (file: string): { from: number; count: number } =>
  sql<{ from: number; count: number }>(
    file,
    'SELECT min(seq) AS "from", count(*) AS count FROM daybook_log',
  )[0]!

const bytes = (file: string): number =>
  ['', '-wal'].reduce(
    (sum, suffix) => sum + (existsSync(file + suffix) ? statSync(file + suffix).size : 0),
    0,
  )

describe('retain', () => {
  test('keeps a file of few rows and many updates under four times the bytes of the rows, by itself', async () => {
    const file = newFile()
    const daybook = openDaybook({ filename: file })
    const row = (n: number): object => ({ id: n % 1000, n, title: `row ${n} `.repeat(40).slice(0, 300) })
    let originSeq = 0
    for (let from = 0; from < 40_000; from += 500) {
      await Promise.all(
        Array.from({ length: 500 }, (_, n) =>
          daybook.journal.append(
            transaction('writer', ++originSeq, [put('rows', (from + n) % 1000, row(from + n))]),
          ),
        ),
      )
      // As an app that awaits anything does.
      await new Promise((resolve) => setTimeout(resolve, 0))
    }
    const rows = sql<{ bytes: number }>(
      file,
      'SELECT sum(length(value) + length(key)) AS bytes FROM rows_rows',
    )
    await daybook.close()
    expect(bytes(file)).toBeLessThan(4 * rows[0]!.bytes)
    const again = openDaybook({ filename: file })
    expect((await again.verify()).findings).toEqual([])
    expect((await again.journal.query('rows')).rows.length).toBe(1000)
    await again.close()
  })

  test('keeps the log of a burst that lets no timer run bounded, and leaves little when it closes', async () => {
    const file = newFile()
    const together: number[] = []
    const trace = (event: TraceEvent): void => {
      if (event.type === 'post') together.push(event.entries)
    }
    const daybook = openDaybook({ filename: file, trace })
    await daybook.ready
    const text = 'x'.repeat(300)
    let longest = 0
    for (let n = 1; n <= 30_000; n++) {
      await daybook.journal.append(transaction('writer', n, [put('rows', n % 1000, { n, text })]))
      if (n % 1000 === 0) longest = Math.max(longest, kept(file).count)
    }
    // 10,000 wait before anything is done, and as many are trimmed while the next ones come.
    expect(longest).toBeLessThan(20_000)
    // An append waits for no more than a batch, also where a checkpoint is due; some may come before it meanwhile.
    expect(Math.max(...together)).toBeLessThan(600)
    await daybook.close()
    const [rows] = sql<{ bytes: number }>(
      file,
      'SELECT sum(length(value) + length(key)) AS bytes FROM rows_rows',
    )
    expect(bytes(file)).toBeLessThan(4 * rows!.bytes)
  })

  test('by bytes keeps about so many, whatever the entries are', async () => {
    const file = newFile()
    const session = await open(file, { bytes: 200_000 })
    for (let n = 1; n <= 900; n++) {
      await session.journal.append(
        transaction('a', n, [put('rows', n % 10, { text: 'x'.repeat(n % 7 === 0 ? 5000 : 100) })]),
      )
      if (n % 20 === 0) await session.clock.advance(150)
    }
    await session.clock.advance(2000)
    const [{ size }] = sql<{ size: number }>(
      file,
      'SELECT sum(size) + 150 * count(*) AS size FROM daybook_log',
    ) as [{ size: number }]
    expect(size).toBeGreaterThan(120_000)
    expect(size).toBeLessThan(320_000)
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })

  test('by age goes by the time of the log: a clock that jumps makes no entry old', async () => {
    const file = newFile()
    const clock = new FakeClock()
    const session = await open(file, { ageMs: 100_000 }, clock)
    let n = 0
    const write = async (count: number, ms: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await session.journal.append(transaction('a', ++n, [put('rows', n % 10, { n })]))
        await clock.advance(ms)
      }
    }
    await write(300, 1000)
    // About 100 s and what the sample of the newest is behind.
    expect(kept(file).count).toBeGreaterThan(100)
    expect(kept(file).count).toBeLessThan(230)
    const before = kept(file).from
    // Another writer, a year ahead, and one that is a year behind.
    const ahead = new FakeClock()
    await ahead.advance(365 * 86_400_000)
    for (const other of [await open(file, 'all', ahead), await open(file, 'all', new FakeClock())]) {
      for (let i = 1; i <= 20; i++) {
        await other.journal.append(transaction(`b${other.clock.now()}`, i, [put('rows', i, {})]))
      }
      await other.journal.close()
    }
    await write(5, 200)
    expect(kept(file).from - before).toBeLessThan(20)
    // A log that nobody writes to does not age.
    const idle = kept(file)
    await clock.advance(10 * 86_400_000)
    expect(kept(file)).toEqual(idle)
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })

  test.each<Retain>([{ entries: 0 }, { bytes: 0 }, { bytes: 1000, entries: 5 }])(
    'of next to nothing (%j) keeps next to nothing, and comes to rest',
    async (retain) => {
      const file = newFile()
      const session = await open(file, retain)
      for (let n = 1; n <= 300; n++) {
        await session.journal.append(transaction('a', n, [put('rows', n % 10, { n })]))
        if (n % 10 === 0) await session.clock.advance(150)
      }
      await session.clock.advance(10_000)
      expect(kept(file).count).toBeLessThan(20)
      expect(session.clock.pending).toBe(0)
      expect(await session.journal.append(transaction('a', 7, [put('rows', 7, { n: 7 })]))).toMatchObject({
        term: 1,
      })
      expect((await session.maintenance.verify()).findings).toEqual([])
      await session.journal.close()
    },
  )

  test('gives the space of trimmed entries back to the file system', async () => {
    const file = newFile()
    const session = await open(file, { entries: 10 })
    for (let n = 1; n <= 40; n++) {
      await session.journal.append(transaction('a', n, [put('rows', 1, { text: 'x'.repeat(200_000) })]))
    }
    await session.clock.advance(5000)
    exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
    // What is kept, and the row; before it were 8 MB.
    expect(bytes(file)).toBeLessThan(4_000_000)
    await session.journal.close()
  })

  test('bounds what is known of transactions that are gone, the newest of them last', async () => {
    const file = newFile()
    const session = await openFile(file)
    for (let from = 0; from < 6000; from += 1000) {
      await Promise.all(
        Array.from({ length: 1000 }, (_, n) =>
          session.journal.append(transaction(`origin-${from + n}`, 1, [])),
        ),
      )
    }
    await session.journal.compact()
    await session.journal.append(transaction('z', 1, []))
    await session.journal.compact()
    const [{ count }] = sql<{ count: number }>(file, 'SELECT count(*) AS count FROM daybook_origins') as [
      { count: number },
    ]
    expect(count).toBeLessThan(2100)
    expect(await session.journal.append(transaction('origin-5999', 1, []))).toEqual({ term: 1, seq: 6001 })
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })
})

describe('a checkpoint', () => {
  test('knows the rows: damage of them is found though the log that made them is gone', async () => {
    const file = newFile()
    const session = await openFile(file)
    await session.journal.append(transaction('a', 1, [put('rows', 1, { n: 1 }), put('others', 1, { n: 1 })]))
    await session.journal.compact()
    await session.journal.append(transaction('a', 2, [put('others', 1, { n: 2 })]))
    const sound = await session.maintenance.verify()
    expect(sound).toMatchObject({
      clean: true,
      rowsChecked: 2,
      unchecked: [expect.stringContaining('"others"')],
    })
    exec(file, `UPDATE rows_rows SET value = '{"n":2}'`)
    expect((await session.maintenance.verify()).findings).toMatchObject([{ invariant: 'M2' }])
    await session.journal.close()
  })
})
