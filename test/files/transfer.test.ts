/** Export, import and backup: what comes out at the other end is the same log, or nothing. */

import { existsSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Op } from '../../src/log/op.js'
import * as node from '../../src/node.js'
import * as nodeSqlite from '../../src/node-sqlite.js'
import { anyOps, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { difference, readModel } from '../support/model.js'
import { openConnection, openFile, readAll, type Session, transaction } from '../support/open.js'

const { exportEntries, importEntries, exportRows, importRows, openDaybook } = node

async function collect(lines: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const line of lines) all.push(line)
  return all
}

const anyStep = fc.oneof(
  { weight: 6, arbitrary: anyOps.map((ops) => ({ ops })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom('compact' as const, 'claim' as const, 'redact' as const, 'forget' as const),
  },
)
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never

async function act(session: Session, history: History, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step === 'compact') await session.journal.compact()
    else if (step === 'claim') await session.journal.claimTerm()
    else if (step === 'redact') await session.maintenance.redact({ from: 2, to: 5 })
    else if (step === 'forget') await session.maintenance.forget('todos', [1, '1'])
    else await history.send(session, history.make(step.ops))
  }
}

/** Another file is the same daybook. */
async function expectSame(session: Session, file: string, history: History): Promise<void> {
  const other = await openFile(file)
  expect(await readAll(other)).toEqual(await readAll(session))
  expect(difference(await readModel(other), await readModel(session))).toBeUndefined()
  expect((await other.maintenance.verify()).findings).toEqual([])
  expect(await other.maintenance.identity()).toBe(await session.maintenance.identity())
  for (const asked of history.asked)
    expect(await other.journal.append(asked.transaction)).toEqual(asked.acknowledged)
  await other.journal.close()
}

describe('importEntries', () => {
  test('of an export is the same log with the same rows; again it adds nothing; later it adds what came since', async () => {
    await check(
      fc.asyncProperty(
        fc.array(anyStep, { maxLength: 10 }),
        fc.array(anyStep, { maxLength: 6 }),
        async (before, after) => {
          const [file, copy] = [newFile(), newFile()]
          const session = await openConnection(connect(file))
          const history = new History()
          await act(session, history, before)
          const lines = await collect(exportEntries(file))
          expect(await importEntries(copy, lines)).toEqual({
            entries: (await readAll(session)).length,
            head: await session.journal.head(),
          })
          expect(await importEntries(copy, lines)).toMatchObject({ entries: 0 })
          await expectSame(session, copy, history)
          const { seq } = await session.journal.head()
          await act(session, history, after)
          const head = await session.journal.head()
          const floor = (await readAll(session))[0]!.position.seq
          const more = importEntries(copy, exportEntries(file))
          if (floor > seq + 1) await expect(more).rejects.toMatchObject({ code: 'DAYBOOK_IMPORT_CONFLICT' })
          else {
            expect(await more).toEqual({ entries: head.seq - seq, head })
            const other = await openFile(copy)
            expect((await other.maintenance.verify()).findings).toEqual([])
            expect(difference(await readModel(other), await readModel(session))).toBeUndefined()
            // It may have older entries, that were trimmed there.
            expect((await readAll(other)).slice(-(head.seq - floor + 1))).toEqual(await readAll(session))
            await other.journal.close()
          }
          await session.journal.close()
          for (const each of [file, copy]) removeFile(each)
        },
      ),
      40,
    )
  })

  test('takes text in pieces of any size, from any binding', async () => {
    const file = newFile()
    const session = await openFile(file)
    const history = new History()
    const large = Array.from({ length: 3 }, (_, key) => put('todos', key, { text: 'ü"\\\n'.repeat(150_000) }))
    await act(session, history, [
      { ops: [put('todos', 9, { n: 1 })] },
      { ops: large },
      { ops: [put('b', 1, {})] },
    ])
    // Text that JSON.stringify would write in another way is kept as it is.
    await session.journal.append({ origin: 'x', originSeq: 1, parts: ['[ ["put","todos",1,{"n":1.0}] ]'] })
    const text = (await collect(exportEntries(file))).map((line) => `${line}\n`).join('')
    for (const size of [1000, 65_536, text.length]) {
      const copy = newFile()
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, n) =>
        text.slice(n * size, (n + 1) * size),
      )
      await importEntries(copy, pieces)
      await expectSame(session, copy, history)
    }
    if (typeof process.versions.node === 'string' && Number.parseInt(process.versions.node, 10) >= 22) {
      const copy = newFile()
      await nodeSqlite.importEntries(copy, nodeSqlite.exportEntries(file))
      await expectSame(session, copy, history)
    }
    await session.journal.close()
  })

  test('exports one moment, whoever writes meanwhile', async () => {
    const file = newFile()
    const session = await openFile(file)
    for (let n = 1; n <= 20; n++) await session.journal.append(transaction('a', n, [put('todos', n, { n })]))
    await session.journal.compact()
    await session.journal.append(transaction('a', 21, [put('todos', 21, {})]))
    const lines: string[] = []
    let n = 21
    for await (const line of exportEntries(file)) {
      lines.push(line)
      await session.journal.append(transaction('a', ++n, [put('todos', 1, { n })]))
      if (n === 30) await session.journal.compact()
    }
    const copy = newFile()
    expect(await importEntries(copy, lines)).toEqual({ entries: 2, head: { term: 1, seq: 23 } })
    const other = await openFile(copy)
    expect((await other.maintenance.verify()).findings).toEqual([])
    expect((await other.journal.query('todos')).rows.map(({ value }) => value)).toContain('{"n":1}')
    for (const { journal } of [session, other]) await journal.close()
  })

  test('of a log with other content is refused, and changes nothing', async () => {
    const [one, two, three] = [newFile(), newFile(), newFile()]
    for (const file of [one, two]) {
      const session = await openFile(file)
      await session.journal.append(transaction('a', 1, [put('todos', 1, {})]))
      await session.journal.close()
    }
    await importEntries(three, exportEntries(one))
    for (const file of [one, three]) {
      const session = await openFile(file)
      await session.journal.append(transaction(file, 1, [put('todos', 1, {})]))
      await session.journal.close()
    }
    const before = await collect(exportEntries(one))
    for (const other of [two, three]) {
      await expect(importEntries(one, exportEntries(other))).rejects.toMatchObject({
        code: 'DAYBOOK_IMPORT_CONFLICT',
        position: { term: 1, seq: other === two ? 1 : 3 },
      })
    }
    expect(await collect(exportEntries(one))).toEqual(before)
  })

  const sample = async (): Promise<string[]> => {
    const file = newFile()
    const session = await openFile(file)
    for (let n = 1; n <= 5; n++) await session.journal.append(transaction('a', n, [put('todos', n, { n })]))
    await session.journal.close()
    return collect(exportEntries(file))
  }

  test.each<[string, (lines: string[]) => string[]]>([
    ['nothing', () => []],
    ['no export', () => ['{"hello":1}']],
    ['another format', ([header, ...rest]) => [header!.replace('"format":1', '"format":2'), ...rest]],
    ['an export without its end', (lines) => lines.slice(0, -1)],
    ['an export without its middle', (lines) => lines.filter((_, index) => index !== 3)],
    ['an entry whose value was changed', (lines) => lines.map((line) => line.replace('{"n":3}', '{"n":4}'))],
    [
      'an entry of an unknown kind',
      (lines) => lines.map((line) => line.replace('"kind":"tx"', '"kind":"x"')),
    ],
    ['an entry without ops', (lines) => lines.map((line) => line.replace('["put"', '["zap"'))],
    ['a line that is no JSON', (lines) => [...lines.slice(0, 3), '{"seq":', ...lines.slice(3)]],
    ['more behind the end', (lines) => [...lines, lines[1]!]],
  ])('of %s is refused and leaves no file', async (_, damage) => {
    const copy = newFile()
    const damaged = damage(await sample())
    await expect(
      importEntries(
        copy,
        damaged.map((line) => `${line}\n`),
      ),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^DAYBOOK_(INVALID_IMPORT|IMPORT_CONFLICT)$/),
    })
    expect(
      readdirSync(dirname(copy)).filter((name) => copy.endsWith(name) || name.includes('partial')),
    ).toEqual([])
  })

  test('into a database that has no daybook is refused', async () => {
    const file = newFile()
    const { default: Database } = await import('better-sqlite3')
    new Database(file).exec('CREATE TABLE theirs (x)').close()
    await expect(importEntries(file, await sample())).rejects.toMatchObject({
      code: 'DAYBOOK_IMPORT_CONFLICT',
    })
    await expect(collect(exportEntries(file))).rejects.toMatchObject({ code: 'DAYBOOK_NOT_A_DATABASE' })
    await expect(collect(exportEntries(newFile()))).rejects.toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
  })
})

describe('importRows', () => {
  test('of an export has the same rows, in whatever they are put', async () => {
    await check(
      fc.asyncProperty(fc.array(anyOps, { maxLength: 10 }), async (all) => {
        const [file, copy] = [newFile(), newFile()]
        const session = await openConnection(connect(file))
        const history = new History()
        for (const ops of all) await history.send(session, history.make(ops))
        const daybook = openDaybook({ filename: copy })
        const model = await readModel(session)
        for (const [id, { rows }] of model) {
          const done = await importRows(daybook, exportRows(file, id))
          expect(done).toMatchObject({ collection: id, rows: rows.size })
          const columns = async (journal: Pick<typeof daybook.journal, 'query'>): Promise<unknown[]> =>
            (await journal.query(id)).rows
              .map(({ seq: _, ...row }) => row)
              .sort((a, b) => (a.key < b.key ? -1 : 1))
          expect(await columns(daybook.journal)).toEqual(await columns(session.journal))
        }
        await session.journal.close()
        await daybook.close()
        for (const each of [file, copy]) removeFile(each)
      }),
      30,
    )
  })

  test('comes in transactions of some size, under another name if asked, and keeps the schema version', async () => {
    const [file, copy] = [newFile(), newFile()]
    const session = await openFile(file)
    await session.journal.append(
      transaction('a', 1, [
        { op: 'schema', collection: 'todos', from: 1, to: 3 },
        ...Array.from({ length: 1200 }, (_, n): Op => put('todos', n, { n })),
      ]),
    )
    const daybook = openDaybook({ filename: copy })
    expect(await importRows(daybook, exportRows(file, 'todos'), { collection: 'tasks' })).toMatchObject({
      collection: 'tasks',
      rows: 1200,
      position: { term: 1, seq: 4 },
    })
    expect(await daybook.journal.query('tasks')).toMatchObject({ schemaVersion: 3, rows: { length: 1200 } })
    await daybook.write([put('todos', 'of version 1', {})])
    await expect(importRows(daybook, exportRows(file, 'todos'))).rejects.toMatchObject({
      code: 'DAYBOOK_SCHEMA_VERSION',
    })
    const [header, ...rows] = await collect(exportRows(file, 'todos'))
    for (const bad of [[], [header!], [header!, '{"key":null,"value":{}}', '{"end":1}'], rows]) {
      await expect(importRows(daybook, bad, { collection: 'other' })).rejects.toMatchObject({
        code: 'DAYBOOK_INVALID_IMPORT',
      })
    }
    await daybook.close()
    await session.journal.close()
  })
})

describe('backup()', () => {
  test('is a whole copy of one moment, while others write', async () => {
    const file = newFile()
    const [one, two] = [openDaybook({ filename: file }), openDaybook({ filename: file })]
    const ops = (n: number): Op[] => [put('a', n % 7, { n }), put('b', n % 7, { n })]
    let stop = false
    const writing = (async () => {
      let n = 0
      while (!stop) {
        await two.write(ops(++n))
        if (n % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
      }
      return n
    })()
    for (let round = 0; round < 4; round++) {
      const copy = newFile()
      await new Promise((resolve) => setTimeout(resolve, 20))
      await one.backup(copy)
      const other = openDaybook({ filename: copy })
      expect(await other.verify()).toMatchObject({ clean: true, unchecked: [] })
      const of = async (id: string): Promise<string[]> =>
        (await other.journal.query(id)).rows.map(({ key, value }) => key + value).sort()
      expect(await of('a')).toEqual(await of('b'))
      await other.close()
    }
    stop = true
    expect(await writing).toBeGreaterThan(0)
    await Promise.all([one.close(), two.close()])
  })

  test('is not made over a file that is there, nor half', async () => {
    const file = newFile()
    const daybook = openDaybook({ filename: file })
    await daybook.write([put('todos', 1, {})])
    await expect(daybook.backup(file)).rejects.toMatchObject({ code: 'DAYBOOK_FILE_EXISTS', path: file })
    await expect(daybook.backup('')).rejects.toMatchObject({ option: 'path' })
    const nowhere = `${file}.folder/x.db`
    await expect(daybook.backup(nowhere)).rejects.toMatchObject({ code: 'DAYBOOK_CANNOT_OPEN' })
    expect(existsSync(nowhere)).toBe(false)
    await daybook.close()
  })
})
