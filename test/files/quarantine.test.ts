/** An app whose file is damaged: it is told so, or starts with what can be read and is told what was lost. */

import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { type DaybookEvents, openDaybook } from '../../src/node.js'
import { put } from '../support/arbitraries.js'
import { newFile } from '../support/files.js'
import { exec } from '../support/open.js'

const ROWS = 200

async function filled(): Promise<string> {
  const file = newFile()
  const daybook = openDaybook({ filename: file, retain: 'all' })
  for (let n = 0; n < ROWS; n++) await daybook.write([put('rows', n, { n, text: 'x'.repeat(400) })])
  await daybook.collections()
  await daybook.close()
  return file
}

type Damage = (file: string) => void
const overwrite =
  (from: number): Damage =>
  (file) => {
    const bytes = readFileSync(file)
    bytes.fill(0xa5, from)
    writeFileSync(file, bytes)
  }

/** The page that has the newest entry. */
const tailPage: Damage = (file) => {
  const bytes = readFileSync(file)
  const from = Math.floor(bytes.indexOf(`[["put","rows",${ROWS - 1},`) / 4096) * 4096
  bytes.fill(0xa5, from, from + 4096)
  writeFileSync(file, bytes)
}
const cut: Damage = (file) => truncateSync(file, readFileSync(file).length - 4096)

async function opened(
  file: string,
): Promise<{ daybook: ReturnType<typeof openDaybook>; told: DaybookEvents['damage'][] }> {
  const told: DaybookEvents['damage'][] = []
  const daybook = openDaybook({ filename: file, retain: 'all', onCorruption: 'quarantine' })
  daybook.on('damage', (event) => told.push(event))
  await daybook.ready
  return { daybook, told }
}

const aside = (file: string): string[] =>
  readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`))

describe("onCorruption: 'quarantine'", () => {
  // Cut off was a page of rows, which the log has as well.
  test.each<[string, Damage]>([
    ['cut short', cut],
    ['garbage where its newest entries were', tailPage],
    [
      'without its last entry',
      (file) => exec(file, 'DROP TRIGGER daybook_log_trim; DELETE FROM daybook_log WHERE seq > 150'),
    ],
    [
      'with an end that is not what was written',
      (file) =>
        exec(file, "DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET origin = 'x' WHERE seq > 150"),
    ],
  ])('of a file that is %s starts with what can be read, and says what was lost', async (what, damage) => {
    const file = await filled()
    damage(file)
    const before = readFileSync(file)
    const { daybook, told } = await opened(file)
    expect(told).toMatchObject([{ action: 'quarantined', salvaged: { complete: what === 'cut short' } }])
    const [event] = told
    if (event?.action !== 'quarantined') throw new Error('it was not set aside')
    expect(readFileSync(event.file).equals(before)).toBe(true)
    expect(event.file).toMatch(/\.damaged-\d{4}-\d\d-\d\dT/)
    expect((await daybook.verify()).findings).toEqual([])
    const { rows } = await daybook.journal.query('rows')
    expect(rows.length).toBe(
      event.salvaged?.collections.find(({ collection }) => collection === 'rows')?.rows ?? 0,
    )
    await daybook.write([put('rows', 'new', {})])
    await daybook.close()
    expect((await opened(file)).told).toEqual([])
  })

  test('of a file of which nothing can be read starts anew, and keeps the file', async () => {
    const file = await filled()
    overwrite(100)(file)
    const { daybook, told } = await opened(file)
    expect(told).toMatchObject([{ action: 'quarantined', salvaged: undefined }])
    expect((await daybook.journal.query('rows')).rows).toEqual([])
    expect(aside(file).filter((name) => name.includes('.damaged-')).length).toBe(1)
    await daybook.close()
  })

  test.each<[string, string]>([['a row table is missing', 'DROP TABLE rows_rows']])(
    'makes rows anew where the log is whole: %s',
    async (_, damage) => {
      const file = await filled()
      exec(file, damage)
      const { daybook, told } = await opened(file)
      expect(told).toMatchObject([{ action: 'rebuilt' }])
      expect((await daybook.journal.query('rows')).rows.length).toBe(ROWS)
      expect((await daybook.verify()).findings).toEqual([])
      expect(aside(file).filter((name) => !/-(wal|shm|locks)$/.test(name))).toEqual([])
      await daybook.close()
    },
  )

  test('never touches a file that is not a database', async () => {
    const file = newFile()
    writeFileSync(file, 'holiday pictures '.repeat(1000))
    const daybook = openDaybook({ filename: file, onCorruption: 'quarantine' })
    await expect(daybook.ready).rejects.toMatchObject({ code: 'DAYBOOK_NOT_A_DATABASE' })
    expect(readFileSync(file, 'utf8')).toContain('holiday')
    expect(aside(file)).toEqual([])
    await daybook.close()
  })

  test('goes on where a kill came between setting aside and putting in place', async () => {
    const file = await filled()
    writeFileSync(`${file}.salvaged`, readFileSync(file))
    const missing = `${file}x`
    writeFileSync(`${missing}.salvaged`, readFileSync(file))
    const { daybook, told } = await opened(missing)
    expect(told).toEqual([])
    expect((await daybook.journal.query('rows')).rows.length).toBe(ROWS)
    expect(existsSync(`${missing}.salvaged`)).toBe(false)
    await daybook.close()
  })
})

describe("onCorruption: 'quarantine': damage that no open sees at once is an error at use, and the next open", () => {
  const MIDDLE = ROWS / 2

  // SQLite cannot drop a table of which it cannot read a page: the rows are made anew in a new file.
  test('sets aside a file whose rows are, and loses none of them', async () => {
    const file = await filled()
    const bytes = readFileSync(file)
    const page = pagesOf(file, 'rows_rows')[2] as number
    bytes.fill(0xa5, (page - 1) * 4096, page * 4096)
    writeFileSync(file, bytes)

    const first = await opened(file)
    expect(first.told).toEqual([])
    await expect(first.daybook.journal.query('rows')).rejects.toMatchObject({ code: 'DAYBOOK_CORRUPT_FILE' })
    await first.daybook.close()
    const { daybook, told } = await opened(file)
    expect(told).toMatchObject([{ action: 'quarantined', salvaged: { complete: true } }])
    expect((await daybook.journal.query('rows')).rows.length).toBe(ROWS)
    expect((await daybook.verify()).findings).toEqual([])
    await daybook.close()
    expect((await opened(file)).told).toEqual([])
    expect(existsSync(`${file}.suspect`)).toBe(false)
  })

  test('makes rows anew that are not what the log says', async () => {
    const file = await filled()
    exec(file, `UPDATE rows_rows SET value = '{"n":-1}' WHERE key = (SELECT max(key) FROM rows_rows)`)
    writeFileSync(`${file}.suspect`, 'somebody met damage')
    const { daybook, told } = await opened(file)
    expect(told).toMatchObject([{ action: 'rebuilt', error: { code: 'DAYBOOK_CORRUPT_ROWS' } }])
    expect((await daybook.verify()).findings).toEqual([])
    await daybook.close()
    expect((await opened(file)).told).toEqual([])
  })

  test('sets aside a file whose log is', async () => {
    const file = await filled()
    exec(
      file,
      `DROP TRIGGER daybook_log_immutable; UPDATE daybook_log SET origin = 'x' WHERE seq = ${MIDDLE}`,
    )
    const first = await opened(file)
    expect(first.told).toEqual([])
    const reading = first.daybook.journal.read({ term: 0, seq: 0 })
    await expect(reading).rejects.toMatchObject({ code: 'DAYBOOK_CORRUPT_LOG', seq: MIDDLE })
    await first.daybook.close()
    const { daybook, told } = await opened(file)
    expect(told).toMatchObject([
      { action: 'quarantined', error: { code: 'DAYBOOK_CORRUPT_LOG', seq: MIDDLE } },
    ])
    expect((await daybook.verify()).findings).toEqual([])
    await daybook.close()
    expect((await opened(file)).told).toEqual([])
  })

  test('goes on as if nothing were, when nothing is', async () => {
    const file = await filled()
    writeFileSync(`${file}.suspect`, 'the disk was having a bad day')
    const { daybook, told } = await opened(file)
    expect(told).toEqual([])
    expect((await daybook.journal.query('rows')).rows.length).toBe(ROWS)
    expect(existsSync(`${file}.suspect`)).toBe(false)
    await daybook.close()
  })
})

/** The pages of a table, in the order of its rows. */
function pagesOf(file: string, table: string): number[] {
  const database = new Database(file)
  const pages = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY path")
    .pluck()
    .all(table)
  database.close()
  return pages as number[]
}

test("onCorruption: 'throw', the default, touches nothing", async () => {
  const file = await filled()
  cut(file)
  const before = readFileSync(file)
  const daybook = openDaybook({ filename: file })
  await expect(daybook.ready).rejects.toMatchObject({ code: 'DAYBOOK_CORRUPT_FILE' })
  expect(readFileSync(file).equals(before)).toBe(true)
  await daybook.close()
})

test.each([
  { onCorruption: 'mend' },
  { onCorruption: 'quarantine', database: { prepare: () => undefined }, filename: undefined },
])('refuses %j', (options) => {
  expect(() => openDaybook({ filename: 'x.db', ...options } as never)).toThrow(/onCorruption/)
})
