import { chmodSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { CannotOpenError, openDaybook, ReadOnlyError, StorageFullError } from '../../src/node.js'
import { expectUnusable, fileWithRows, newFile, open, refusal, rowsOf } from './fixture.js'

const NOBODY = 65534

/** Root may write everything; so that permissions count, root becomes somebody else for the while. */
async function asOrdinaryUser(work: () => Promise<unknown>): Promise<void> {
  if (process.geteuid?.() !== 0) {
    await work()
    return
  }
  process.seteuid?.(NOBODY)
  try {
    await work()
  } finally {
    process.seteuid?.(0)
  }
}

describe('a handle that can only read', () => {
  it('shows the rows, and refuses every write with ReadOnlyError', async () => {
    const database = new Database(await fileWithRows(20), { readonly: true })
    const daybook = open({ database })
    const rows = rowsOf(daybook)
    await rows.preload()
    expect(rows.size).toBe(20)
    const refused = [
      rows.insert({ id: 100 }),
      rows.update(1, (draft) => {
        draft.text = 'changed'
      }),
      rows.delete(2),
    ]
    for (const { isPersisted } of refused) await refusal(isPersisted.promise, ReadOnlyError)
    await refusal(daybook.drop('rows'), ReadOnlyError)
    await refusal(daybook.rebuild(), ReadOnlyError)
    expect(rows.size).toBe(20)
    expect(rows.get(1)?.text).toBe('row 1')
    expect(await daybook.stats()).toMatchObject({ readonly: true, head: { seq: 21 } })
    expect((await daybook.verify()).findings).toEqual([])
    expect((await daybook.collections()).map(({ rows: count }) => count)).toEqual([20])
    await daybook.close()
    database.close()
  })

  it('shows the rows that nobody has posted yet, and follows what is written elsewhere', async () => {
    const file = await fileWithRows(3)
    const writer = openDaybook({ filename: file })
    await writer.write([{ op: 'put', collection: 'rows', key: 3, value: { id: 3, text: 'row 3' } }])
    await writer.write([{ op: 'put', collection: 'unposted', key: 1, value: { id: 1 } }])
    // At once: the writer posts a moment later.
    const database = new Database(file, { readonly: true })
    const daybook = open({ database })
    const [rows, unposted] = [rowsOf(daybook), rowsOf(daybook, 'unposted')]
    await Promise.all([rows.preload(), unposted.preload()])
    expect([rows.size, unposted.size]).toEqual([4, 1])
    expect((await daybook.verify()).findings).toEqual([])
    await writer.write([{ op: 'delete', collection: 'rows', key: 0 }])
    await expect.poll(() => rows.size, { timeout: 5000 }).toBe(3)
    await daybook.close()
    database.close()
    await writer.close()
  })

  it('on a database without a daybook is refused: there is nothing to read and nothing can be made', async () => {
    const file = newFile()
    const app = new Database(file)
    app.exec('CREATE TABLE mine (x)')
    app.close()
    const database = new Database(file, { readonly: true })
    const daybook = open({ database })
    await refusal(daybook.ready, ReadOnlyError)
    const rows = rowsOf(daybook)
    await refusal(rows.preload(), ReadOnlyError)
    expect(rows.status).toBe('error')
    database.close()
  })

  it('because its file may not be written shows the rows as well', async () => {
    const file = await fileWithRows(3)
    chmodSync(file, 0o444)
    chmodSync(dirname(file), 0o777)
    await asOrdinaryUser(async () => {
      const daybook = open(file)
      const rows = rowsOf(daybook)
      await rows.preload()
      expect(rows.size).toBe(3)
      await refusal(rows.insert({ id: 9 }).isPersisted.promise, ReadOnlyError)
      expect((await daybook.stats()).readonly).toBe(true)
      await daybook.close()
    })
  })

  // SQLite cannot read a file in WAL mode where it may not put the -shm beside it.
  it('in a folder that may not be written: a typed error, and no collection that is ready and empty', async () => {
    const file = await fileWithRows(3)
    chmodSync(file, 0o444)
    chmodSync(dirname(file), 0o555)
    await asOrdinaryUser(() => expectUnusable(file, ReadOnlyError))
    chmodSync(dirname(file), 0o755)
  })

  it('in a folder that may not be written cannot be made: a typed error', async () => {
    const file = newFile()
    chmodSync(dirname(file), 0o555)
    await asOrdinaryUser(() => expectUnusable(file, CannotOpenError))
    chmodSync(dirname(file), 0o755)
  })
})

describe('a full disk', () => {
  /** A daybook on a handle that has room for `pages` more pages. */
  async function almostFull(pages: number) {
    const database = new Database(newFile())
    database.pragma('journal_mode = WAL')
    const daybook = open({ database })
    const errors: unknown[] = []
    daybook.on('error', (error) => errors.push(error))
    const rows = rowsOf(daybook)
    await rows.insert({ id: 0, text: 'from before' }).isPersisted.promise
    await daybook.stats()
    const count = Number(database.pragma('page_count', { simple: true }))
    const setRoom = (more: number): void => {
      const now = Number(database.pragma('page_count', { simple: true }))
      database.pragma(`max_page_count = ${Math.max(count, now) + more}`)
    }
    setRoom(pages)
    return { database, daybook, rows, errors, setRoom }
  }

  /** Writes until the storage is full; answers with the ids that were kept. */
  async function fill(rows: ReturnType<typeof rowsOf>): Promise<number[]> {
    const kept: number[] = []
    for (let id = 1; id < 1000; id++) {
      try {
        await rows.insert({ id, text: 'x'.repeat(3000) }).isPersisted.promise
        kept.push(id)
      } catch (error) {
        expect(error).toBeInstanceOf(StorageFullError)
        return kept
      }
    }
    return expect.fail('the disk never became full')
  }

  it('refuses with StorageFullError, rolls back what was optimistic, and keeps what was there', async () => {
    const { daybook, rows, database } = await almostFull(12)
    const kept = await fill(rows)
    expect([...rows.keys()].sort((a, b) => a - b)).toEqual([0, ...kept])
    expect(rows.get(0)?.text).toBe('from before')
    const head = await daybook.head()
    expect(head.seq).toBe(2 + kept.length)
    const seqs: number[] = []
    for await (const { position } of daybook.entries()) seqs.push(position.seq)
    expect(seqs).toHaveLength(head.seq)
    await daybook.close()
    database.close()
  })

  it('still lets rows be read by a collection that is opened only now', async () => {
    const { daybook, rows, database } = await almostFull(12)
    const kept = await fill(rows)
    const late = rowsOf(daybook)
    await late.preload()
    expect(late.size).toBe(1 + kept.length)
    await daybook.close()
    database.close()
  })

  it('can be closed: what is not posted is posted by the next one', async () => {
    const { daybook, rows, database, setRoom } = await almostFull(12)
    const kept = await fill(rows)
    await daybook.close()
    setRoom(10_000)
    const again = open({ database })
    const reopened = rowsOf(again)
    await reopened.preload()
    expect(reopened.size).toBe(1 + kept.length)
    expect((await again.verify()).findings).toEqual([])
    await again.close()
    database.close()
  })

  it('that has room again goes on as before', async () => {
    const { daybook, rows, database, setRoom } = await almostFull(12)
    const kept = await fill(rows)
    setRoom(10_000)
    await rows.insert({ id: 5000, text: 'after' }).isPersisted.promise
    expect(rows.size).toBe(2 + kept.length)
    const { clean, findings, rowsChecked } = await daybook.verify()
    expect({ clean, findings }).toEqual({ clean: true, findings: [] })
    expect(rowsChecked).toBe(2 + kept.length)
    await daybook.close()
    database.close()
  })

  it('refuses of several writes of one turn only those that have no room', async () => {
    const { daybook, rows, database } = await almostFull(12)
    const large = rows.insert({ id: 1, text: 'x'.repeat(400_000) })
    const small = [2, 3].map((id) => rows.insert({ id, text: 'small' }))
    await refusal(large.isPersisted.promise, StorageFullError)
    await Promise.all(small.map(({ isPersisted }) => isPersisted.promise))
    expect([...rows.keys()].sort()).toEqual([0, 2, 3])
    await daybook.close()
    database.close()
  })
})
