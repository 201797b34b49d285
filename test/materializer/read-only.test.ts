/** M4 on a handle that cannot write: the tail is folded in memory, and the file stays as it is. */

import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { useBetterSqlite3 } from '../../src/drivers/better-sqlite3.js'
import { post } from '../../src/materializer/post.js'
import { anyOps, collectionIds, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { dumpRows } from '../support/model.js'
import { openConnection, openOn, type Session, transaction } from '../support/open.js'

const openReadOnly = (filename: string): Promise<Session> =>
  openOn(
    useBetterSqlite3(new Database(filename, { readonly: true }), { durability: 'process', busyTimeout: 100 }),
  )

const byKey = (rows: readonly { readonly key: string }[]): unknown[] =>
  [...rows].sort((a, b) => (a.key < b.key ? -1 : 1))

describe('a handle that cannot write', () => {
  test('answers with the rows that posting would give, and leaves the tables alone', async () => {
    await check(
      fc.asyncProperty(
        fc.array(anyOps, { maxLength: 10 }),
        fc.nat({ max: 10 }),
        async (transactions, posted) => {
          const file = newFile()
          const writer = await openConnection(connect(file))
          for (const [index, ops] of transactions.entries()) {
            await writer.journal.append(transaction('a', index + 1, ops))
          }
          await writer.journal.maintain(() => post(posted))
          const before = dumpRows(file)
          const reader = await openReadOnly(file)
          const answers = new Map<string, unknown>()
          for (const id of collectionIds) {
            const { rows, at } = await reader.journal.query(id)
            answers.set(id, [byKey(rows), at])
          }
          expect(dumpRows(file)).toBe(before)
          for (const id of collectionIds) {
            const { rows, at } = await writer.journal.query(id)
            expect(answers.get(id)).toEqual([byKey(rows), at])
          }
          await reader.journal.close()
          await writer.journal.close()
          removeFile(file)
        },
      ),
      80,
    )
  })

  test('reads the log, verifies it, and refuses an append with what to do', async () => {
    const file = newFile()
    const writer = await openConnection(connect(file))
    await writer.journal.append(transaction('a', 1, [put('todos', 1, { n: 1 })]))
    const reader = await openReadOnly(file)
    expect(await reader.journal.head()).toEqual({ term: 1, seq: 2 })
    await expect(reader.journal.append(transaction('b', 1, []))).rejects.toMatchObject({
      code: 'DAYBOOK_READ_ONLY',
    })
    await expect(reader.journal.compact()).rejects.toMatchObject({ code: 'DAYBOOK_READ_ONLY' })
    await writer.journal.query('todos')
    expect((await reader.maintenance.verify()).findings).toEqual([])
    await reader.journal.close()
    expect(reader.errors).toEqual([])
    await writer.journal.close()
  })

  test('verifies a file whose tail is not posted yet', async () => {
    const file = newFile()
    const writer = await openConnection(connect(file))
    await writer.journal.append(transaction('a', 1, [put('todos', 1, { n: 1 })]))
    const reader = await openReadOnly(file)
    expect((await reader.maintenance.verify()).findings).toEqual([])
    await reader.journal.close()
    await writer.journal.close()
  })
})
