/** Salvage: from a damaged file comes a sound one, with the whole part of the log and every row that can be read. */

import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../src/log/entry.js'
import type { Op } from '../../src/log/op.js'
import { salvage } from '../../src/node.js'
import { anyOps, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { copyAsKilled, newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { difference, readModel } from '../support/model.js'
import { exec, openConnection, openFile, readAll, sql, transaction } from '../support/open.js'

const PAGE = 4096

/** Entry n puts row n and says so in the collection's metadata, as a source with a resume token does. */
async function filled(
  count: number,
  { compactAt = 0, posted = true, size = 700 }: { compactAt?: number; posted?: boolean; size?: number } = {},
): Promise<{ file: string; entries: Entry[] }> {
  const file = newFile()
  const session = await openConnection(connect(file))
  for (let n = 1; n <= count; n++) {
    await session.journal.append(
      transaction('source', n, [
        put('rows', n, { n, text: String(n).repeat(size / String(n).length) }),
        { op: 'state', collection: 'rows', name: 'token', value: n },
        put('counts', n % 3, { n }),
      ]),
    )
    if (n === compactAt) await session.journal.compact()
    if (posted || n < count / 2) await session.journal.query('rows')
  }
  const entries = await readAll(session)
  if (posted) await session.journal.close()
  else await session.driver.close()
  exec(file, 'PRAGMA wal_checkpoint(TRUNCATE)')
  return { file, entries }
}

interface Looked {
  readonly entries: readonly Entry[]
  readonly rows: ReadonlyMap<string, string>
  readonly token: number
}

/** Looks at a salvaged file, which must be sound. */
async function look(file: string): Promise<Looked> {
  const session = await openFile(file)
  const { findings } = await session.maintenance.verify()
  expect(findings).toEqual([])
  const { rows, state } = await session.journal.query('rows')
  const entries = await readAll(session)
  await session.journal.append(transaction('after', 1, [put('rows', 'after', {})]))
  await session.journal.close()
  return {
    entries,
    rows: new Map(rows.map(({ key, value }) => [key, value])),
    token: Number(state.find(({ name }) => name === '"token"')?.value ?? 0),
  }
}

const files = (path: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(dirname(path))
      .filter((name) => name.startsWith(basename(path)))
      .map((name) => [name, readFileSync(`${dirname(path)}/${name}`).toString('base64')]),
  )

describe('salvage()', () => {
  test('of a sound file is the same log with the same rows, and nothing is lost', async () => {
    await check(
      fc.asyncProperty(
        fc.array(fc.oneof(anyOps, fc.constantFrom('compact' as const, 'redact' as const)), { maxLength: 10 }),
        fc.boolean(),
        async (steps, killed) => {
          const file = newFile()
          const session = await openConnection(connect(file))
          const history = new History()
          for (const step of steps) {
            if (step === 'compact') await session.journal.compact()
            else if (step === 'redact') await session.maintenance.redact({ from: 2, to: 4 })
            else await history.send(session, history.make(step))
          }
          const entries = await readAll(session)
          const from = entries[0]!.position.seq
          const source = killed ? copyAsKilled(file) : file
          const model = await readModel(session)
          await session.journal.close()
          const target = newFile()
          expect(await salvage(source, target)).toMatchObject({
            complete: true,
            kept: { from, to: entries.at(-1)!.position.seq },
            lost: undefined,
            head: entries.at(-1)!.position,
            notes: [],
          })
          const other = await openFile(target)
          expect(await readAll(other)).toEqual(entries)
          expect(difference(await readModel(other), model)).toBeUndefined()
          expect((await other.maintenance.verify()).findings).toEqual([])
          for (const asked of history.asked) {
            expect(await other.journal.append(asked.transaction)).toEqual(asked.acknowledged)
          }
          await other.journal.close()
          for (const each of [file, source, target]) removeFile(each)
        },
      ),
      40,
    )
  })

  test('of a sound file in which metadata came before the first value of its row', async () => {
    const file = newFile()
    const session = await openConnection(connect(file))
    await session.journal.compact()
    const meta: Op = { op: 'meta', collection: 'rows', key: 1, value: 0 }
    await session.journal.append(transaction('source', 1, [meta, put('rows', 1, {})]))
    const model = await readModel(session)
    await session.journal.close()
    const target = newFile()
    await salvage(file, target)
    const other = await openFile(target)
    expect(difference(await readModel(other), model)).toBeUndefined()
    await other.journal.close()
  })

  const damages = {
    zeros: (bytes: Buffer, from: number) => bytes.fill(0, from, from + PAGE),
    garbage: (bytes: Buffer, from: number, seed: number) => {
      for (let at = from; at < Math.min(from + PAGE, bytes.length); at++)
        bytes[at] = (at * 31 + seed * 17) & 255
    },
    'a few bytes': (bytes: Buffer, from: number, seed: number) => {
      for (let n = 0; n < 5; n++) bytes[from + ((seed * 97 + n * 811) % PAGE)] = seed & 255
    },
  } as const

  test('of a file with damaged pages, or cut short, makes a sound one whose token speaks for no row that is lost', async () => {
    const count = 120
    const originals = [
      await filled(count),
      await filled(count, { compactAt: 60 }),
      await filled(count, { posted: false }),
    ]
    let salvaged = 0
    await check(
      fc.asyncProperty(
        fc.nat({ max: originals.length - 1 }),
        fc.array(
          fc.tuple(
            fc.constantFrom(...(Object.keys(damages) as (keyof typeof damages)[])),
            fc.nat(),
            fc.nat(),
          ),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        fc.option(fc.double({ min: 0.2, max: 1, noNaN: true })),
        async (which, pages, cut) => {
          const { file, entries } = originals[which]!
          const [damaged, target] = [newFile(), newFile()]
          const bytes = Buffer.from(readFileSync(file))
          const all = Math.floor(bytes.length / PAGE)
          // Not the first page, without which there is nothing; that is another test.
          for (const [kind, page, seed] of pages) damages[kind](bytes, PAGE * (1 + (page % (all - 1))), seed)
          writeFileSync(damaged, bytes)
          if (cut !== null) truncateSync(damaged, Math.max(PAGE, Math.floor(bytes.length * cut)))
          const before = files(damaged)
          const result = await salvage(damaged, target).catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'DAYBOOK_UNSALVAGEABLE' })
            expect(existsSync(target)).toBe(false)
          })
          expect(files(damaged)).toEqual(before)
          if (result === undefined) return
          salvaged++
          const { entries: found, rows, token } = await look(target)
          if (result.kept !== undefined) {
            const { from, to } = result.kept
            const kept = entries.filter(({ position: { seq } }) => seq >= from && seq <= to)
            expect(found.slice(0, kept.length)).toEqual(kept)
            expect(kept.length).toBe(to - from + 1)
          }
          // Bytes that another value could have are not found where only a row table has them.
          const isNoticed = pages.every(([kind]) => kind !== 'a few bytes')
          for (const [key, value] of isNoticed ? rows : [])
            expect(JSON.parse(value)).toMatchObject({ n: JSON.parse(key) })
          for (let n = 1; n <= token && isNoticed; n++)
            expect([token, rows.has(String(n))]).toEqual([token, true])
          if (result.complete && isNoticed) expect([rows.size, token]).toEqual([count, count])
          const told = result.collections.find(({ collection }) => collection === 'rows')
          expect(told?.rows ?? 0).toBe(rows.size)
          for (const each of [damaged, target]) removeFile(each)
        },
      ),
      120,
    )
    expect(salvaged).toBeGreaterThan(30)
  })

  test('of a trimmed log whose registry is lost keeps no token, for rows of before are lost', async () => {
    const { file } = await filled(120, { compactAt: 60 })
    const [damaged, target] = [newFile(), newFile()]
    const page = sql<{ rootpage: number }>(
      file,
      "SELECT rootpage FROM sqlite_master WHERE name = 'daybook_collections'",
    )[0]!.rootpage
    const bytes = readFileSync(file)
    damages.zeros(bytes, PAGE * (page - 1))
    writeFileSync(damaged, bytes)
    expect((await salvage(damaged, target)).complete).toBe(false)
    const { rows, token } = await look(target)
    expect([rows.size, token]).toEqual([60, 0])
  })

  test.each([
    ['that does not fit what it says of the entry before it', 'committed_at = committed_at + 1'],
    ['that says nothing any more', "body = 'x' || substr(body, 2)"],
    ['that is no checkpoint any more', "kind = 'checkpoinU'"],
  ])('of a trimmed log with a checkpoint %s keeps none of it, and all rows', async (_, damage) => {
    const { file, entries } = await filled(120, { compactAt: 60 })
    const { seq } = entries[0]!.position
    exec(file, `DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET ${damage} WHERE seq = ${seq}`)
    const target = newFile()
    expect(await salvage(file, target)).toMatchObject({ complete: false, kept: undefined })
    const { rows, token } = await look(target)
    expect([rows.size, token]).toEqual([120, 120])
  })

  test('of a trimmed log knows from its checkpoint whose transactions were where, not from a damaged table', async () => {
    const { file } = await filled(120, { compactAt: 60 })
    exec(file, "UPDATE daybook_origins SET origin = 'tource' WHERE origin = 'source'")
    exec(file, 'UPDATE daybook_controls SET claim = 7, schema_version = 9 WHERE collection = \'"rows"\'')
    const target = newFile()
    expect(await salvage(file, target)).toMatchObject({ complete: true })
    const { rows, token } = await look(target)
    expect([rows.size, token]).toEqual([120, 120])
  })

  test('of a trimmed log knows that a lost entry dropped a collection of its checkpoint', async () => {
    const { file, entries } = await filled(60, { compactAt: 58 })
    const session = await openFile(file)
    await session.journal.append(transaction('source', 61, [{ op: 'reset', collection: 'rows' }]))
    await session.journal.append(transaction('source', 62, [put('counts', 7, {})]))
    await session.journal.query('rows')
    await session.journal.close()
    const { seq } = entries.at(-1)!.position
    exec(file, `DROP TRIGGER daybook_log_trim; DELETE FROM daybook_log WHERE seq = ${seq + 1}`)
    const target = newFile()
    const { kept, collections } = await salvage(file, target)
    expect(kept?.to).toBe(seq)
    expect(collections).toMatchObject([{ collection: 'counts', rows: 4 }])
    expect(await look(target)).toMatchObject({ rows: { size: 0 }, token: 0 })
  })

  test('of a trimmed log takes no word of a row for which entry wrote it', async () => {
    const { file } = await filled(120, { compactAt: 60 })
    exec(
      file,
      'UPDATE rows_rows SET seq = -seq WHERE key < 20; UPDATE rows_rows SET seq = 100 WHERE key < 10',
    )
    const target = newFile()
    expect(await salvage(file, target)).toMatchObject({ complete: true })
    expect(await look(target)).toMatchObject({ rows: { size: 120 }, token: 120 })
  })

  test.each([
    ['says other ids', `UPDATE daybook_collections SET id = replace(id, 's"', 'z"')`],
    ['says other tables', "UPDATE daybook_collections SET row_table = row_table || 'z'"],
  ])(
    'of a log of one checkpoint whose registry %s knows its collections, without rows',
    async (_, damage) => {
      const { file } = await filled(60, { compactAt: 60 })
      exec(file, damage)
      const target = newFile()
      const { complete, collections, notes } = await salvage(file, target)
      expect(collections.map(({ collection, rows }) => [collection, rows])).toEqual([
        ['counts', 0],
        ['rows', 0],
      ])
      expect((await look(target)).token).toBe(0)
      expect([complete, notes]).toEqual([
        false,
        ['Not all of it could be read: which collections there are.'],
      ])
    },
  )

  test.each([
    ['has lost its id', "UPDATE daybook_meta SET value = '' WHERE name = 'id'"],
    ['has lost its format', "UPDATE daybook_meta SET value = 'x' WHERE name = 'format'"],
    ['says nothing of itself', 'DROP TABLE daybook_meta'],
  ])('of a file that %s keeps the log under a new id', async (_, damage) => {
    const { file, entries } = await filled(20)
    exec(file, damage)
    const target = newFile()
    expect(await salvage(file, target)).toMatchObject({
      complete: false,
      kept: { from: 1, to: entries.length },
      lost: undefined,
      notes: ['Not all of it could be read: the id of the database.'],
    })
    expect((await look(target)).rows.size).toBe(20)
  })

  test('keeps rows that are newer than the gap in the log, and follows with what was not posted yet', async () => {
    const { file, entries } = await filled(40, { posted: false })
    const cursor = sql<{ seq: number }>(file, 'SELECT seq FROM daybook_cursor')[0]!.seq
    exec(file, 'DROP TRIGGER daybook_log_trim; DELETE FROM daybook_log WHERE seq = 11')
    const target = newFile()
    const result = await salvage(file, target)
    expect(cursor).toBeGreaterThan(11)
    expect(result).toMatchObject({
      complete: false,
      kept: { from: 1, to: 10 },
      lost: { from: 11, to: 41 },
      appendedAnew: 41 - cursor,
      collections: [
        { collection: 'counts', rows: 3, lostRows: false, lostMetadata: false },
        { collection: 'rows', rows: 40, restated: cursor - 10, lostRows: false, lostMetadata: false },
      ],
    })
    const found = await look(target)
    expect([found.rows.size, found.token]).toEqual([40, 40])
    expect(found.entries.slice(0, 10)).toEqual(entries.slice(0, 10))
    // The new term keeps its positions apart from those of the lost entries.
    expect(found.entries[10]).toMatchObject({ kind: 'term', position: { term: 2, seq: 11 } })
  })

  test('knows what lost entries deleted, dropped and migrated', async () => {
    const file = newFile()
    const session = await openFile(file)
    const write = (n: number, ...ops: Parameters<typeof transaction>[2]): Promise<unknown> =>
      session.journal.append(transaction('a', n, ops))
    await write(1, put('rows', 1, {}), put('rows', 2, {}), {
      op: 'meta',
      collection: 'rows',
      key: 2,
      value: 'm',
    })
    await write(2, put('dropped', 1, {}), put('migrated', 1, { v: 1 }), put('migrated', 2, { v: 1 }))
    await write(
      3,
      { op: 'delete', collection: 'rows', key: 1 },
      { op: 'meta', collection: 'rows', key: 2, value: undefined },
    )
    await write(4, { op: 'reset', collection: 'dropped' })
    await write(
      5,
      { op: 'schema', collection: 'migrated', from: 1, to: 2 },
      { op: 'truncate', collection: 'migrated' },
      put('migrated', 1, { v: 2 }),
    )
    await write(6, { op: 'state', collection: 'rows', name: 's', value: 1 })
    const model = await readModel(session)
    await session.journal.close()
    exec(file, 'DROP TRIGGER daybook_log_trim; DELETE FROM daybook_log WHERE seq = 4')
    const target = newFile()
    expect(await salvage(file, target)).toMatchObject({ kept: { to: 3 }, lost: { from: 4, to: 7 } })
    const other = await openFile(target)
    const found = await readModel(other)
    for (const each of [model, found]) {
      for (const { rows } of each.values()) for (const [key, row] of rows) rows.set(key, { ...row, seq: 0 })
    }
    expect(difference(found, model)).toBeUndefined()
    expect(await other.journal.query('migrated')).toMatchObject({ schemaVersion: 2 })
    expect((await other.maintenance.verify()).findings).toEqual([])
    await other.journal.close()
  })

  test('of what SQLite cannot read at all says so, and makes no file', async () => {
    const { file } = await filled(20)
    const [garbage, empty, target] = [newFile(), newFile(), newFile()]
    const bytes = readFileSync(file)
    damages.garbage(bytes, 0, 1)
    writeFileSync(garbage, bytes)
    await expect(salvage(garbage, target)).rejects.toMatchObject({
      code: 'DAYBOOK_UNSALVAGEABLE',
      path: garbage,
    })
    await expect(salvage(empty, target)).rejects.toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
    expect(readdirSync(dirname(target)).filter((name) => name.startsWith(basename(target)))).toEqual([])
    await expect(salvage(file, garbage)).rejects.toMatchObject({ code: 'DAYBOOK_FILE_EXISTS' })
  })

  test('reads a file whose first bytes are gone', async () => {
    const { file, entries } = await filled(20)
    const bytes = readFileSync(file)
    bytes.fill(0, 0, 16)
    const [damaged, target] = [newFile(), newFile()]
    writeFileSync(damaged, bytes)
    expect(await salvage(damaged, target)).toMatchObject({ complete: true, head: entries.at(-1)!.position })
  })
})
