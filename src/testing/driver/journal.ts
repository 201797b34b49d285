/** A log and its rows on the driver: everything that daybook does with a file, once. */

import { expect, test } from 'vitest'
import type { Driver } from '../../drivers/driver.js'
import type { Transaction } from '../../log/entry.js'
import { encodeOps, type Op } from '../../log/op.js'
import { systemClock } from '../../runtime/clock.js'
import { type OpenedHere, openJournal } from '../../runtime/open.js'
import { Origin } from '../../runtime/origin.js'
import { decodeKey } from '../../values/decode-key.js'
import type { Key } from '../../values/key.js'
import { decodeValue } from '../../values/value.js'
import type { Harness } from './harness.js'

const putRow = (collection: string, key: Key, value: object): Op => ({ op: 'put', collection, key, value })

const openOn = (driver: Driver): Promise<OpenedHere> =>
  openJournal({
    driver,
    clock: systemClock,
    origin: new Origin(),
    durability: 'process',
    retain: 'all',
    onError: (error) => {
      throw error
    },
  })

/** Transactions of one origin. */
const transactions = (made: readonly (readonly Op[])[]): Transaction[] =>
  made.map((ops, index) => ({ origin: 'conformance', originSeq: index + 1, parts: encodeOps(ops) }))

async function rowsOf({ journal }: OpenedHere, collection: string): Promise<Map<Key, unknown>> {
  const { rows } = await journal.query(collection)
  return new Map(
    rows.map(({ key, value, notes }) => [
      decodeKey(key),
      decodeValue(JSON.parse(value), notes === null ? undefined : JSON.parse(notes)),
    ]),
  )
}

const expectClean = async ({ maintenance }: OpenedHere): Promise<void> => {
  expect((await maintenance.verify()).findings).toEqual([])
}

export function describeJournal({ open, newFile }: Harness): void {
  test('appends, recognises what is sent again, posts rows, rebuilds, compacts, and is there after a reopen', async () => {
    const file = newFile()
    const odd = { key: 'a\0\ud800', at: new Date(0), n: 5n, ['__proto__']: 1 }
    const made = transactions([
      [putRow('todos', 1, odd), putRow('todos', '1', {}), putRow('\ud800', '', { '': null })],
      ...Array.from({ length: 50 }, (_, n) => [putRow('todos', n + 2, { n })]),
      [
        { op: 'patch', collection: 'todos', key: 2, fields: { more: [-0, Number.NaN] }, unset: ['n'] },
        { op: 'delete', collection: 'todos', key: 3 },
        { op: 'patch', collection: 'todos', key: 'nobody', fields: { back: true } },
      ],
    ])
    const expected = new Map<Key, unknown>([
      [1, odd],
      ['1', {}],
      [2, { more: [-0, Number.NaN] }],
    ])
    for (let n = 2; n < 52; n++) if (n > 3) expected.set(n, { n: n - 2 })
    const isWhole = async (opened: OpenedHere): Promise<void> => {
      expect(await rowsOf(opened, 'todos')).toEqual(expected)
      expect(await rowsOf(opened, '\ud800')).toEqual(new Map([['', { '': null }]]))
      await expectClean(opened)
    }

    const first = await openOn(await open(file, 1000))
    const positions = await Promise.all(made.map((each) => first.journal.append(each)))
    expect(positions).toEqual(made.map((_, index) => ({ term: 1, seq: index + 2 })))
    const again = async ({ journal }: OpenedHere): Promise<void> => {
      for (const [index, each] of made.entries()) expect(await journal.append(each)).toEqual(positions[index])
    }
    await again(first)
    await isWhole(first)
    await first.maintenance.rebuild()
    await isWhole(first)
    await first.journal.claimTerm()
    await first.journal.close()

    const next = await openOn(await open(file, 1000))
    await isWhole(next)
    await next.journal.compact()
    await again(next)
    expect(await rowsOf(next, 'todos')).toEqual(expected)
    const later = await next.journal.append({ origin: 'later', originSeq: 1, parts: encodeOps([]) })
    expect(later.term).toBe(2)
    await next.journal.close()
  })

  test('that is closed while appends are under way keeps what it has promised', async () => {
    const file = newFile()
    const { journal } = await openOn(await open(file, 1000))
    const made = transactions(Array.from({ length: 30 }, (_, n) => [putRow('todos', n, { n })]))
    const answers = Promise.all(made.map((each) => journal.append(each)))
    await journal.close()
    await expect(journal.append(made[0] as Transaction)).rejects.toMatchObject({ code: 'DAYBOOK_CLOSED' })
    const positions = await answers
    const next = await openOn(await open(file, 1000))
    expect(await next.journal.head()).toEqual(positions.at(-1))
    expect((await rowsOf(next, 'todos')).size).toBe(30)
    await next.journal.close()
  })

  test('takes a transaction in several large parts, and answers with many rows', async () => {
    const file = newFile()
    const { journal, maintenance } = await openOn(await open(file, 1000))
    const value = { text: 'ö'.repeat(1000) }
    const ops = Array.from({ length: 3000 }, (_, n) => putRow('todos', n, value))
    const [made] = transactions([ops]) as [Transaction]
    expect(made.parts.length).toBeGreaterThan(1)
    const position = await journal.append(made)
    expect(await journal.append(made)).toEqual(position)
    expect((await journal.query('todos')).rows.length).toBe(3000)
    expect((await maintenance.verify()).findings).toEqual([])
    await journal.close()
  })
}
