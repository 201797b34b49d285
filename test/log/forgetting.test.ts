/** Forgetting: rows and everything the log says of them go, and no byte of them is left in the files. */

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Op } from '../../src/log/op.js'
import { openDaybook } from '../../src/node.js'
import type { Key } from '../../src/values/key.js'
import { anyOps, collectionIds, keys, put } from '../support/arbitraries.js'
import { connect } from '../support/connections.js'
import { check, fc } from '../support/fc.js'
import { newFile, removeFile } from '../support/files.js'
import { History } from '../support/history.js'
import { apply, difference, type Model, readModel } from '../support/model.js'
import { openConnection, openFile, readAll, transaction } from '../support/open.js'

/** How often a text is in the file and its -wal, in any of the ways in which SQLite could have written it. */
function occurrences(file: string, text: string): number {
  let found = 0
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    if (!existsSync(file + suffix)) continue
    const bytes = readFileSync(file + suffix)
    for (const encoding of ['utf8', 'utf16le'] as const) {
      const wanted = Buffer.from(text, encoding)
      for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) found++
    }
  }
  return found
}

const SECRET = 'the-secret-of-ada'

describe('forget()', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: anyOps.map((ops) => ({ ops })) },
    {
      weight: 2,
      arbitrary: fc.record({
        collection: fc.constantFrom(...collectionIds),
        keys: fc.subarray([...keys], { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant('compact' as const) },
  )

  test('leaves all other rows as they are and a whole log, with no op of what was forgotten', async () => {
    await check(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const file = newFile()
        const session = await openConnection(connect(file))
        const history = new History()
        const model: Model = new Map()
        for (const each of steps) {
          if (each === 'compact') await session.journal.compact()
          else if ('ops' in each) {
            const { seq } = await history.send(session, history.make(each.ops))
            apply(model, each.ops, seq)
          } else {
            const { collection, keys } = each
            await session.maintenance.forget(collection, keys)
            for (const key of keys) model.get(collection)?.rows.delete(key)
            const texts = keys.map((key) => JSON.stringify(key))
            for (const { kind, parts } of await readAll(session)) {
              if (kind === 'checkpoint' || kind === 'redact') continue
              for (const part of parts) {
                const parsed = JSON.parse(part) as { ops: unknown[][] } | unknown[][]
                const said = (Array.isArray(parsed) ? parsed : parsed.ops).filter(
                  ([op, id, key]) =>
                    ['put', 'patch', 'meta'].includes(op as string) &&
                    id === collection &&
                    texts.includes(JSON.stringify(key)),
                )
                expect(said).toEqual([])
              }
            }
          }
          expect(difference(await readModel(session), model)).toBeUndefined()
          expect((await session.maintenance.verify()).findings).toEqual([])
        }
        for (const asked of history.asked) await history.send(session, asked)
        await session.journal.close()
        removeFile(file)
      }),
      60,
    )
  })

  test.each([false, true])(
    'and compact({ forget: true }) leave no byte of a secret (compacted before: %s)',
    async (compacted) => {
      const file = newFile()
      const session = await openFile(file)
      const history = new History()
      const write = async (...ops: Op[]): Promise<void> => {
        await history.send(session, history.make(ops))
      }
      await write(put('people', SECRET, { name: SECRET, text: 'x'.repeat(9000) + SECRET }))
      for (let n = 0; n < 300; n++) {
        await write(
          put('people', n, { n, text: 'y'.repeat(n) }),
          { op: 'patch', collection: 'people', key: SECRET, fields: { [`${SECRET}-${n}`]: `${SECRET}${n}` } },
          { op: 'meta', collection: 'people', key: SECRET, value: { [SECRET]: n } },
        )
        if (n % 50 === 0) await session.journal.query('people')
      }
      await session.journal.index('people', { add: [['name']] })
      if (compacted) for (let n = 0; n < 3; n++) await session.journal.compact()
      await write(put('people', 'other', { n: 1 }))
      expect(occurrences(file, SECRET)).toBeGreaterThan(100)
      const forgotten = await session.maintenance.forget('people', [SECRET])
      expect(forgotten).toEqual({ rows: 1, entries: compacted ? 0 : 301 })
      expect((await session.maintenance.verify()).findings).toEqual([])
      await session.journal.compact({ forget: true })
      expect(occurrences(file, SECRET)).toBe(0)
      expect((await session.journal.query('people')).rows.length).toBe(301)
      expect((await session.maintenance.verify()).findings).toEqual([])
      await session.journal.close()
      expect(occurrences(file, SECRET)).toBe(0)
    },
  )

  test('by itself leaves no op and no row of it, whatever the pages still hold', async () => {
    const file = newFile()
    const session = await openFile(file)
    for (let n = 1; n <= 50; n++) {
      await session.journal.append(transaction('a', n, [put('people', n % 5, { n, secret: SECRET })]))
    }
    await session.maintenance.forget('people', [0, 1, 2, 3, 4])
    const entries = await readAll(session)
    expect(entries.filter(({ parts }) => parts.some((part) => part.includes(SECRET)))).toEqual([])
    expect((await session.journal.query('people')).rows).toEqual([])
    expect(entries.at(-1)!.kind).toBe('redact')
    await session.journal.close()
  })

  test('says so to those who read the file while it happens', async () => {
    const file = newFile()
    const [one, two] = [openDaybook({ filename: file }), openDaybook({ filename: file })]
    await one.write([put('people', 'ada', { name: SECRET }), put('people', 'bob', {})])
    const seen: unknown[] = []
    const ending = new AbortController()
    const following = (async () => {
      for await (const { ops, kind } of two.entries({ follow: true, signal: ending.signal })) {
        seen.push({ kind, ops: ops.map(({ op }) => op) })
        if (kind === 'redact') ending.abort()
      }
    })()
    while (seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await one.forget('people', ['ada'])).toEqual({ rows: 1, entries: 1 })
    await following
    expect(seen).toEqual([
      { kind: 'term', ops: [] },
      { kind: 'tx', ops: ['put', 'put'] },
      { kind: 'tx', ops: ['delete'] },
      { kind: 'redact', ops: [] },
    ])
    const again: unknown[] = []
    for await (const { ops, redacted, position } of two.entries({ collection: 'people' })) {
      again.push([position.seq, ops, redacted])
    }
    expect(again).toEqual([
      [2, [put('people', 'bob', {})], true],
      [3, [{ op: 'delete', collection: 'people', key: 'ada' }], undefined],
    ])
    await Promise.all([one.close(), two.close()])
  })

  test('again forgets nothing more; a row that is written afterwards is a new one', async () => {
    const file = newFile()
    const daybook = openDaybook({ filename: file })
    await daybook.write([put('people', 'ada', { name: SECRET })])
    expect(await daybook.forget('people', ['ada'])).toEqual({ rows: 1, entries: 1 })
    expect(await daybook.forget('people', ['ada'])).toEqual({ rows: 0, entries: 0 })
    expect(await daybook.forget('nobody', ['ada'])).toEqual({ rows: 0, entries: 0 })
    await daybook.write([put('people', 'ada', { name: 'another one' })])
    expect((await daybook.journal.query('people')).rows.length).toBe(1)
    expect((await daybook.verify()).findings).toEqual([])
    await daybook.close()
  })

  test('of what is no key is refused', async () => {
    const daybook = openDaybook({ filename: newFile() })
    await expect(daybook.forget('people', [null as never])).rejects.toMatchObject({
      code: 'DAYBOOK_INVALID_KEY',
    })
    await expect(daybook.forget('people', 'ada' as never)).rejects.toMatchObject({ option: 'keys' })
    await expect(daybook.forget(7 as never, ['ada' as Key])).rejects.toMatchObject({ option: 'collection' })
    await daybook.close()
  })
})
