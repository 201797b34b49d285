/** An app whose file is damaged: it is told so, or starts with what can be read and is told what was lost. */

import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
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
