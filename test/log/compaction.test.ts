/** The batches of a compaction: how much is in one, who comes between two, and that one does not grow with the log. */

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import type { Connection } from '../../src/drivers/driver.js'
import { EARLIER_TRIM_TRIGGER, TRIM_TRIGGER } from '../../src/log/trim-trigger.js'
import { put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { newFile } from '../support/files.js'
import { exec, openConnection, openFile, type Session, sql, transaction } from '../support/open.js'

/** What a compaction and the appends beside it do, in order. */
type Did = { readonly trim: number } | { readonly pages: number } | 'append'

/** Tells what is done on a connection; an append is what the origin `during` makes. */
function watching(connection: Connection): { connection: Connection; did: Did[] } {
  const did: Did[] = []
  return {
    did,
    connection: {
      ...connection,
      execute(statement, parameters) {
        if (statement.sql.startsWith('delete from "daybook_log" '))
          did.push({ trim: parameters[0] as number })
        const pages = /incremental_vacuum\((\d+)\)/.exec(statement.sql)?.[1]
        if (pages !== undefined) did.push({ pages: Number(pages) })
        if (parameters.includes('during')) did.push('append')
        return connection.execute(statement, parameters)
      },
    },
  }
}

async function fill({ journal }: Session, count: number, text = ''): Promise<void> {
  for (let from = 1; from <= count; from += 500) {
    await Promise.all(
      Array.from({ length: Math.min(500, count + 1 - from) }, (_, n) =>
        journal.append(transaction('before', from + n, [put('rows', n % 10, { n, text })])),
      ),
    )
  }
}

const trimsOf = (did: readonly Did[]): number[] =>
  did.flatMap((each) => (each !== 'append' && 'trim' in each ? [each.trim] : []))

describe('a compaction', () => {
  test('removes at most 1,000 entries and gives back at most 64 pages in one transaction', async () => {
    const { connection, did } = watching(connect(newFile()))
    const session = await openConnection(connection)
    await fill(session, 5500, 'x'.repeat(400))
    await session.journal.compact()
    const trims = trimsOf(did)
    expect(trims.map((below, index) => below - (trims[index - 1] ?? 1))).toEqual([
      ...[1000, 1000, 1000, 1000, 1000],
      // The rest, and the first entry of the log.
      501,
    ])
    const pages = did.flatMap((each) => (each !== 'append' && 'pages' in each ? [each.pages] : []))
    expect(pages.length).toBeGreaterThan(3)
    expect(Math.max(...pages)).toBeLessThanOrEqual(64)
    await session.journal.close()
  })

  test('removes less of large entries, but always one', async () => {
    const { connection, did } = watching(connect(newFile()))
    const session = await openConnection(connection)
    for (const [n, length] of [400_000, 400_000, 400_000, 3_000_000].entries()) {
      await session.journal.append(
        transaction('before', n + 1, [put('rows', 1, { text: 'x'.repeat(length) })]),
      )
    }
    await session.journal.compact()
    // Entry 1 is the log's own.
    expect(trimsOf(did)).toEqual([4, 5, 6])
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })

  test('lets an append in between any two batches', async () => {
    const { connection, did } = watching(connect(newFile()))
    const session = await openConnection(connection)
    await fill(session, 5500, 'x'.repeat(400))
    did.length = 0
    let over = false
    const compacting = session.journal.compact().finally(() => {
      over = true
    })
    for (let n = 1; !over; n++) {
      await session.journal.append(transaction('during', n, [put('rows', 'during', { n })]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await compacting
    const steps = did.map((each) => (each === 'append' ? 'append' : 'step'))
    expect(steps.filter((each) => each === 'step').length).toBeGreaterThan(9)
    expect(steps.join(' ')).not.toContain('step step')
    await session.journal.close()
  })
})

describe('the trigger of the trim', () => {
  test('finds the checkpoint without a walk through the log', async () => {
    const file = newFile()
    await (await openFile(file)).journal.close()
    const [, question] = /NOT EXISTS \((.*)\)/.exec(TRIM_TRIGGER) as unknown as [string, string]
    const database = new Database(file)
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${question.replace('OLD.seq', '?')}`).all(1)
    database.close()
    expect(plan).toMatchObject([
      {
        detail: expect.stringMatching(
          /^SEARCH .* USING COVERING INDEX daybook_log_controls \(kind=\? AND seq>\?\)$/,
        ),
      },
    ])
  })

  test('of an earlier file is sound, and is replaced by the first trim', async () => {
    const file = newFile()
    await (await openFile(file)).journal.close()
    exec(file, 'DROP TRIGGER daybook_log_trim')
    exec(file, EARLIER_TRIM_TRIGGER)
    const session = await openFile(file)
    expect((await session.maintenance.verify()).findings).toEqual([])
    await fill(session, 10)
    await session.journal.compact()
    expect(sql(file, "SELECT sql FROM sqlite_master WHERE name = 'daybook_log_trim'")).toEqual([
      { sql: TRIM_TRIGGER },
    ])
    expect(() => exec(file, 'DELETE FROM daybook_log')).toThrow('only a trim below a checkpoint')
    expect((await session.maintenance.verify()).findings).toEqual([])
    await session.journal.close()
  })
})
