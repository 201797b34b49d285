/**
 * A database in the browser that is damaged: an app is told so, or starts with what can be read and is told what was lost.
 * The damaged one is not touched.
 */

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { browser, loaded, newName, tab, urlOf } from './support/app.js'

const ROWS = 300

/** A page whose daybook has rows and is closed: nobody holds its files. */
async function filled(settings: Record<string, string> = {}): Promise<{ page: Page; name: string }> {
  const name = newName()
  const page = await tab(name, settings)
  await page.evaluate(async (count) => {
    const { daybook } = window.app
    for (let n = 0; n < count; n++) {
      const value = { id: `r${n}`, text: 'x'.repeat(400) }
      await daybook.write([{ op: 'put', collection: 'rows', key: value.id, value }])
    }
    // Posted, so that whoever opens it has nothing to do.
    await daybook.journal.query('rows')
    await daybook.close()
  }, ROWS)
  return { page, name }
}

/** What is changed in the file of the database. */
interface Damage {
  /** Of the pages that have this text, the one at this place from the end. */
  readonly text?: string
  readonly from?: number
  /** Pages with this text are left alone. */
  readonly without?: string
  /** Bytes from the beginning of the file on. */
  readonly first?: number
  /** Also a byte of what the pool keeps before the database. */
  readonly header?: boolean
}

/**
 * Damages the file of the database in a folder, into which it first brings what is in the WAL, as a checkpoint does.
 * Answers how many pages had the text.
 */
const damage = (page: Page, folder: string, what: Damage): Promise<number> =>
  page.evaluate(
    async ([folder, { text, without, from = 1, first, header }]) => {
      /** The pool has a header of its own before the file, as long as a page. */
      const SIZE = 4096
      const root = await navigator.storage.getDirectory()
      const handles = (await root.getDirectoryHandle(folder)) as unknown as AsyncIterable<
        [string, FileSystemFileHandle]
      >
      const files = new Map<string, { handle: FileSystemFileHandle; bytes: Uint8Array<ArrayBuffer> }>()
      for await (const [, handle] of handles) {
        const bytes = new Uint8Array(await (await handle.getFile()).arrayBuffer())
        files.set(new TextDecoder('latin1').decode(bytes.subarray(0, bytes.indexOf(0))), { handle, bytes })
      }
      const [database, wal] = [files.get('/daybook.db'), files.get('/daybook.db-wal')]
      if (database === undefined || wal === undefined) throw new Error('the folder has no database')
      // https://www.sqlite.org/fileformat2.html#walformat
      const numbers = new DataView(wal.bytes.buffer)
      const pages = new Map<number, number>()
      let uncommitted = new Map<number, number>()
      for (let at = SIZE + 32; at + 24 + SIZE <= wal.bytes.length; at += 24 + SIZE) {
        if (numbers.getBigUint64(at + 8) !== numbers.getBigUint64(SIZE + 16)) break
        uncommitted.set(numbers.getUint32(at), at + 24)
        if (numbers.getUint32(at + 4) === 0) continue
        for (const [number, place] of uncommitted) pages.set(number, place)
        uncommitted = new Map()
      }
      const last = Math.max(database.bytes.length / SIZE - 1, ...pages.keys())
      const bytes = new Uint8Array(SIZE * (1 + last))
      bytes.set(database.bytes)
      for (const [number, at] of pages) bytes.set(wal.bytes.subarray(at, at + SIZE), SIZE * number)

      const found: number[] = []
      for (let at = SIZE; at < bytes.length; at += SIZE) {
        const content = new TextDecoder('latin1').decode(bytes.subarray(at, at + SIZE))
        if (text === undefined || !content.includes(text)) continue
        if (without === undefined || !content.includes(without)) found.push(at)
      }
      const target = found.at(-from)
      if (target !== undefined) bytes.fill(0xa5, target, target + SIZE)
      if (first !== undefined) bytes.fill(0xa5, SIZE, SIZE + first)
      if (header) bytes[300] = 0xa5
      const write = async (handle: FileSystemFileHandle, content: Uint8Array<ArrayBuffer>): Promise<void> => {
        const file = await handle.createWritable()
        await file.write(content)
        await file.close()
      }
      await write(database.handle, bytes)
      await write(wal.handle, wal.bytes.slice(0, SIZE))
      return found.length
    },
    [folder, what] as const,
  )

/** All that the origin keeps of this daybook: folders, each with a digest of its database, and notes, with their text. */
const kept = (page: Page, name: string): Promise<Record<string, string>> =>
  page.evaluate(async (prefix) => {
    const root = (await navigator.storage.getDirectory()) as unknown as AsyncIterable<
      [string, FileSystemHandle]
    >
    const found: Record<string, string> = {}
    for await (const [name, handle] of root) {
      if (name !== prefix && !name.startsWith(`${prefix}@`)) continue
      if (handle.kind === 'file')
        found[name] = await (await (handle as FileSystemFileHandle).getFile()).text()
      else {
        found[name] = ''
        for await (const [, each] of handle as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
          const bytes = await (await each.getFile()).arrayBuffer()
          if (!new TextDecoder('latin1').decode(bytes.slice(0, 512)).startsWith('/daybook.db\0')) continue
          // Behind the header, in which SQLite counts.
          found[name] = new Uint8Array(await crypto.subtle.digest('SHA-1', bytes.slice(4096 + 100))).join()
        }
      }
    }
    return found
  }, `daybook-${name}`)

/** The code of the error with which the daybook does not open by default. */
const refusal = (page: Page): Promise<string | undefined> =>
  page.evaluate(async () => {
    const { daybook } = window.app.open({ openTimeout: 2000 })
    const error = await daybook.ready.catch((reason: { code?: string }) => reason)
    await daybook.close()
    return error?.code
  })

/** Opens the daybook with quarantine; answers with what it tells and has. */
const reopened = (page: Page) =>
  page.evaluate(async () => {
    const { daybook } = window.app.open({ onCorruption: 'quarantine' })
    const told: Record<string, unknown>[] = []
    daybook.on('damage', ({ error, ...event }) =>
      told.push({ ...event, code: (error as { code?: string }).code }),
    )
    await daybook.ready
    const rows = await daybook.journal.query('rows').then(
      ({ rows }) => rows.length,
      (error: { code?: string }) => String(error.code),
    )
    const { findings } = await daybook.verify()
    if (typeof rows === 'number') {
      await daybook.write([
        { op: 'put', collection: 'rows', key: `new-${Math.random()}`, value: { id: 'new' } },
      ])
    }
    await daybook.close()
    return { told, rows, findings: findings.map((finding) => JSON.stringify(finding)) }
  })

interface Quarantined {
  readonly file: string
  readonly salvaged?: {
    readonly complete: boolean
    readonly collections: readonly { readonly rows: number }[]
  }
}

describe("onCorruption: 'quarantine' in the browser", () => {
  test.each<[string, Record<string, string>]>([
    ['wa-sqlite', {}],
    ['@journeyapps/wa-sqlite', { journeyapps: '' }],
  ])('starts with what can be read, says what was lost, and stays there (%s)', async (_, settings) => {
    const { page, name } = await filled(settings)
    const folder = `daybook-${name}`
    expect(await damage(page, folder, { text: `[["put","rows","r${ROWS - 1}"` })).toBe(1)
    const before = await kept(page, name)
    const { told, rows, findings } = await reopened(page)
    expect(told).toMatchObject([{ action: 'quarantined', file: folder, salvaged: { complete: false } }])
    const [{ salvaged }] = told as unknown as [Quarantined]
    expect(rows).toBe(salvaged?.collections[0]?.rows)
    expect(rows).toBeGreaterThan(ROWS / 2)
    expect(findings).toEqual([])

    const after = await kept(page, name)
    expect(after[folder]).toBe(before[folder])
    const [note = '', next = ''] = Object.keys(after)
      .filter((each) => each !== folder)
      .sort()
      .reverse()
    expect(next).toMatch(/^daybook-.*@\d{4}-\d\d-\d\dT/)
    expect(after).toEqual({ [folder]: before[folder], [next]: after[next], [note]: `${next}\n` })

    // It is a daybook like any other: in this tab, in another one, and when it is damaged again.
    expect(await reopened(page)).toEqual({ told: [], rows: Number(rows) + 1, findings: [] })
    const other = await browser.page(urlOf(name, settings))
    await loaded(other)
    expect(await other.evaluate(() => window.app.preload().then(() => window.app.ids().length))).toBe(
      Number(rows) + 2,
    )
    await other.evaluate(() => window.app.daybook.close())
    await damage(page, next, { text: '[["put","rows","new-' })
    expect((await reopened(page)).told).toMatchObject([{ action: 'quarantined', file: next }])
    expect((await kept(page, name))[note]?.split('\n').length).toBe(3)
  })

  test('rejects by default, and touches nothing', async () => {
    const { page, name } = await filled()
    await damage(page, `daybook-${name}`, { first: 200 })
    const before = await kept(page, name)
    expect(await refusal(page)).toBe('DAYBOOK_NOT_A_DATABASE')
    expect(await kept(page, name)).toEqual(before)
  })

  test('starts anew where nothing can be read, and keeps what is there', async () => {
    const { page, name } = await filled()
    await damage(page, `daybook-${name}`, { first: 4096 })
    const before = await kept(page, name)
    const { told, rows } = await reopened(page)
    expect(told).toMatchObject([{ action: 'quarantined', file: `daybook-${name}` }])
    expect(told[0]).not.toHaveProperty('salvaged.kept')
    expect(rows).toBe(0)
    expect(await kept(page, name)).toMatchObject(before)
  })

  test('a pool that would take the database for a free file is not opened, and its database is read all the same', async () => {
    const { page, name } = await filled()
    await damage(page, `daybook-${name}`, { header: true })
    const before = await kept(page, name)
    expect(await refusal(page)).toBe('DAYBOOK_CORRUPT_FILE')
    expect(await kept(page, name)).toEqual(before)
    const { told, rows, findings } = await reopened(page)
    expect(told).toMatchObject([{ action: 'quarantined', salvaged: { complete: true } }])
    expect([rows, findings]).toEqual([ROWS, []])
    expect(await kept(page, name)).toMatchObject(before)
  })

  test('damage that is met at use makes the next open look at everything', async () => {
    const { page, name } = await filled()
    const rowPages = { text: '"text":"xxx', without: '"put","rows"', from: 3 }
    expect(await damage(page, `daybook-${name}`, rowPages)).toBeGreaterThan(10)
    const first = await reopened(page)
    expect(first).toMatchObject({ told: [], rows: 'DAYBOOK_CORRUPT_FILE' })
    const { told, rows, findings } = await reopened(page)
    expect(told).toMatchObject([{ action: expect.stringMatching(/rebuilt|quarantined/) }])
    expect([rows, findings]).toEqual([ROWS, []])
    expect(await reopened(page)).toMatchObject({ told: [], rows: ROWS + 1 })
  })

  test('what a worker left that was killed meanwhile is not taken for a database, and goes', async () => {
    const { page, name } = await filled()
    const folder = `daybook-${name}`
    const unfinished = `${folder}@2026-01-01T00-00-00.000Z`
    await page.evaluate(
      async ([folder, unfinished]) => {
        const root = await navigator.storage.getDirectory()
        const write = async (name: string, text: string): Promise<void> => {
          const file = await (await root.getFileHandle(name, { create: true })).createWritable()
          await file.write(text)
          await file.close()
        }
        for (const each of [unfinished, `${folder}@copy`, `${folder}@of-somebody`]) {
          const made = await root.getDirectoryHandle(each, { create: true })
          const file = await (await made.getFileHandle('half', { create: true })).createWritable()
          await file.write('half of something')
          await file.close()
        }
        await write(`${folder}@unfinished`, `${unfinished}\n`)
        // Cut short.
        await write(`${folder}@folders`, unfinished)
      },
      [folder, unfinished] as const,
    )
    expect(await reopened(page)).toMatchObject({ told: [], rows: ROWS })
    await damage(page, folder, { text: '[["put","rows","new-' })
    expect((await reopened(page)).told).toMatchObject([{ action: 'quarantined', file: folder }])
    const after = await kept(page, name)
    expect(Object.keys(after)).not.toContain(unfinished)
    expect(Object.keys(after)).toContain(`${folder}@of-somebody`)
    expect(Object.keys(after).length).toBe(4)
    expect(after[`${folder}@folders`]).toMatch(/^daybook-[^\n]*@\d[^\n]*\n$/)
  })
})
