/**
 * Files that released versions have written, one folder for each format: every later version opens, verifies and reads
 * them. They are never made anew; `DAYBOOK_CORPUS=make` makes those of the present format that are not there yet.
 */

import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { FILE_FORMAT } from '../../src/log/tables.js'
import { type Daybook, exportEntries, importEntries, openDaybook } from '../../src/node.js'
import { newFile } from '../support/files.js'
import { exec } from '../support/open.js'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** What each file has, besides the rows that all of them have. */
const KINDS = ['plain', 'trimmed', 'redacted', 'large'] as const
type Kind = (typeof KINDS)[number]

/** A value of every kind that JSON cannot say. */
const odd = {
  missing: undefined,
  negative: -0,
  big: 2n ** 70n,
  at: new Date(86_400_000),
  map: new Map<unknown, unknown>([['a', new Set([1, Number.NaN])]]),
  bytes: new Uint8Array([1, 2, 3]),
  text: '\ud83d\0ü',
}

async function fill(daybook: Daybook, kind: Kind): Promise<void> {
  await daybook.write([
    { op: 'put', collection: 'todos', key: 1, value: { id: 1, title: 'Buy milk' } },
    { op: 'put', collection: 'todos', key: '1', value: odd },
    { op: 'meta', collection: 'todos', key: 1, value: { from: 'source' } },
    { op: 'state', collection: 'todos', name: 'token', value: 7n },
  ])
  await daybook.write([
    { op: 'patch', collection: 'todos', key: 1, fields: { done: true }, unset: ['title'] },
  ])
  await daybook.write([{ op: 'put', collection: 'people', key: 'ada', value: { name: 'Ada' } }])
  await daybook.write([
    { op: 'schema', collection: 'lists', from: 1, to: 3 },
    { op: 'put', collection: 'lists', key: 1, value: {} },
  ])
  await daybook.write([{ op: 'claim', collection: 'todos' }])
  await daybook.write([{ op: 'put', collection: 'gone', key: 1, value: {} }])
  await daybook.drop('gone')
  if (kind === 'trimmed') await daybook.compact()
  if (kind === 'redacted') {
    await daybook.redact({ from: 2, to: 3 })
    await daybook.forget('people', ['ada'])
  }
  if (kind === 'large') {
    const text = 'x'.repeat(200_000)
    await daybook.write([1, 2, 3].map((key) => ({ op: 'put', collection: 'texts', key, value: { text } })))
  }
  await daybook.write([{ op: 'delete', collection: 'todos', key: 'nobody' }])
}

beforeAll(async () => {
  if (process.env.DAYBOOK_CORPUS !== 'make') return
  for (const kind of KINDS) {
    const path = join(folder, `format-${FILE_FORMAT}`, kind)
    if (existsSync(`${path}.db`)) continue
    const file = newFile()
    const daybook = openDaybook({ filename: file, retain: 'all' })
    await fill(daybook, kind)
    await daybook.close()
    exec(file, 'VACUUM; PRAGMA wal_checkpoint(TRUNCATE)')
    copyFileSync(file, `${path}.db`)
    let lines = ''
    for await (const line of exportEntries(file)) lines += `${line}\n`
    writeFileSync(`${path}.ndjson`, lines)
  }
})

const formats = readdirSync(folder).filter((name) => name.startsWith('format-'))

test('there are files of the present format', () => {
  const files = readdirSync(join(folder, `format-${FILE_FORMAT}`)).filter((name) => name.endsWith('.db'))
  expect(files.sort()).toEqual(KINDS.map((kind) => `${kind}.db`).sort())
})

describe.each(formats.flatMap((format) => KINDS.map((kind) => [format, kind] as const)))(
  '%s/%s',
  (format, kind) => {
    const path = join(folder, format, kind)

    async function read(filename: string): Promise<void> {
      const daybook = openDaybook({ filename, retain: 'all' })
      expect((await daybook.verify()).findings).toEqual([])
      const collections = await daybook.collections()
      expect(collections.map(({ id, rows, schemaVersion }) => [id, rows, schemaVersion])).toEqual([
        ['lists', 1, 3],
        ['people', kind === 'redacted' ? 0 : 1, 1],
        ...(kind === 'large' ? [['texts', 3, 1]] : []),
        ['todos', 2, 1],
      ])
      const { rows, state } = await daybook.journal.query('todos')
      const first = rows.find(({ key }) => key === '1')
      expect(first).toMatchObject({ value: '{"id":1,"done":true}', metadata: '{"from":"source"}' })
      expect(state).toMatchObject([{ name: '"token"', value: '"7"' }])
      const ops = []
      for await (const entry of daybook.entries({ collection: 'todos' })) ops.push(...entry.ops)
      const found = ops.find((op) => op.op === 'put' && op.key === '1')
      if (kind !== 'trimmed') expect(found).toMatchObject({ value: odd })
      // And it can be written.
      await daybook.write([{ op: 'put', collection: 'todos', key: 2, value: {} }])
      if (kind !== 'trimmed') await daybook.rebuild()
      expect((await daybook.verify()).findings).toEqual([])
      await daybook.close()
    }

    test('opens, verifies and can be read and written', async () => {
      const file = newFile()
      copyFileSync(`${path}.db`, file)
      await read(file)
    })

    test('exports what it exported then, and its lines can be imported', async () => {
      const [file, copy] = [newFile(), newFile()]
      copyFileSync(`${path}.db`, file)
      const then = readFileSync(`${path}.ndjson`, 'utf8')
      let now = ''
      for await (const line of exportEntries(file)) now += `${line}\n`
      if (format === `format-${FILE_FORMAT}`) expect(now).toBe(then)
      await importEntries(copy, [then])
      await read(copy)
    })
  },
)
