/** The pages that `--html` writes, opened from the disk in a real browser. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { reportHtml } from '../../src/cli/report/html.js'
import type { ReportModel } from '../../src/cli/report/model.js'
import { diffModel, historyModel, logModel, sourceOf, statsModel } from '../../src/cli/report/report.js'
import type { Scanned } from '../../src/log/scan.js'
import { type FoldedRow, foldEntry } from '../../src/materializer/fold.js'
import { randomLog, scanned } from '../cli/report-entries.js'
import { Browser } from './support/browser.js'

const browser = new Browser()
const folder = mkdtempSync(join(tmpdir(), 'daybook-pages-'))
const source = sourceOf('/somewhere/app.db', { data: true, now: 1.7e12 })
let pages = 0
/** What a page must not do: say something on the console, fail, ask for anything but itself. */
let trouble: string[] = []

beforeAll(() => browser.start())

afterEach(async () => {
  const found = trouble
  trouble = []
  expect(found).toEqual([])
  await Promise.all(
    browser.context
      .pages()
      .slice(1)
      .map((page) => page.close()),
  )
})

afterAll(async () => {
  await browser.remove()
  rmSync(folder, { recursive: true })
})

async function open(model: ReportModel): Promise<Page> {
  const file = join(folder, `report-${++pages}.html`)
  writeFileSync(file, reportHtml(model))
  const page = await browser.context.newPage()
  page.on('console', (message) => trouble.push(message.text()))
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  const url = pathToFileURL(file).href
  page.on('request', (request) => {
    const asked = request.url()
    if (asked.split('#')[0] !== url && !asked.startsWith('data:')) trouble.push(`request: ${asked}`)
  })
  await page.setViewportSize({ width: 1280, height: 860 })
  await page.goto(url)
  return page
}

const here = (page: Page) => page.locator('.here .place')
const rows = (page: Page) => page.locator('.rows .row:not(.head)')

/** Goes to an entry as the slider does when it is moved. */
async function slideTo(page: Page, index: number, position: string): Promise<void> {
  await page.getByLabel('Position').evaluate((slider: HTMLInputElement, value) => {
    slider.value = String(value)
    slider.dispatchEvent(new Event('input'))
  }, index)
  await expect.poll(() => here(page).textContent()).toBe(position)
}

test('the slider shows the rows of the fold at each position', async () => {
  const entries = [...randomLog(60)]
  const page = await open(await logModel(source, { entries }))
  await page.getByRole('tab', { name: /issues/ }).click()
  for (const index of [59, 10, 35, 3, 48]) {
    const { term, seq } = (entries[index] as Scanned & { entry: object }).entry.position
    await slideTo(page, index, `${term}:${seq}`)
    const folded = new Map<string, FoldedRow>()
    for (const { entry } of entries.slice(0, index + 1)) {
      if (entry) foldEntry(entry, (collection) => (collection === 'issues' ? folded : undefined))
    }
    const count = await page
      .getByRole('tab', { name: /issues/ })
      .locator('.number')
      .textContent()
      .catch(() => '0')
    expect(Number(count)).toBe(folded.size)
    const titles = await page.locator('.row.head .cell').allTextContents()
    const column = titles.indexOf('title')
    const shown = await rows(page).evaluateAll(
      (all, place) =>
        all.map((row) => [row.className, row.children[0]?.textContent, row.children[place]?.textContent]),
      column,
    )
    for (const [state, key, title] of shown) {
      if (state?.includes('removed')) continue
      const row = folded.get(key?.startsWith('note') ? JSON.stringify(key) : (key as string))
      expect({ key, title }).toEqual({
        key,
        title: (row as { value: { json: { title?: string } } }).value.json.title,
      })
    }
    expect(shown.length).toBeGreaterThanOrEqual(Math.min(folded.size, 8))
  }
})

test('what the entry changed is highlighted, and its ops are beside it', async () => {
  const put = (key: number, title: string) =>
    ({ op: 'put', collection: 'todos', key, value: { title, done: false } }) as const
  const page = await open(
    await logModel(source, {
      entries: [
        scanned(1, [put(1, 'Buy milk'), put(2, 'Bake bread')]),
        scanned(2, [
          { op: 'patch', collection: 'todos', key: 1, fields: { done: true } },
          { op: 'delete', collection: 'todos', key: 2 },
          put(3, 'Call Ada'),
        ]),
      ],
    }),
  )
  expect(await rows(page).evaluateAll((all) => all.map(({ className }) => className))).toEqual([
    'row changed',
    'row removed',
    'row added',
  ])
  expect(await page.locator('.cell.differs').allTextContents()).toEqual(['true'])
  expect(await page.locator('.ops li').first().innerText()).toMatch(/todos\s+1\s+done\s+false\s*→\s*true/)
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => rows(page).count()).toBe(2)
  expect(await page.locator('.row.added').count()).toBe(2)
})

test('the keyboard: arrows, Home, End, search and out of it', async () => {
  const page = await open(await logModel(source, { entries: randomLog(60) }))
  const at = () => here(page).textContent()
  const end = await at()
  await page.keyboard.press('ArrowLeft')
  await expect.poll(at).toMatch(/:59$/)
  await page.keyboard.press('Home')
  await expect.poll(at).toBe('1:1')
  await page.keyboard.press('ArrowRight')
  await expect.poll(at).toBe('1:2')
  // A slider that has the focus does not go twice as far.
  await page.getByLabel('Position').focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(at).toMatch(/:3$/)
  await page.keyboard.press('/')
  await page.keyboard.type('collection:users')
  const found = await page.locator('.entries-panel .hint').textContent()
  expect(found).toMatch(/^\d+ of 60 found$/)
  await page.keyboard.press('ArrowRight')
  expect(await at()).toMatch(/:3$/)
  await page.getByLabel('Position').focus()
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('.entry[aria-current]').innerText()).toContain('users')
  await page.keyboard.press('/')
  await page.keyboard.press('Escape')
  expect(await page.getByLabel('Search').inputValue()).toBe('')
  await page.keyboard.press('Escape')
  await page.keyboard.press('End')
  await expect.poll(at).toBe(end)
  // The address leads back to the position.
  await page.keyboard.press('PageUp')
  await expect.poll(at).toMatch(/:50$/)
  await page.reload()
  await expect.poll(at).toMatch(/:50$/)
})

test('lists, lanes and a click on the timeline', async () => {
  const page = await open(await logModel(source, { entries: randomLog(60), query: 'kind:tx' }))
  expect(await page.getByLabel('kind').inputValue()).toBe('tx')
  await page.getByLabel('kind').selectOption({ index: 0 })
  await page.locator('.lane', { hasText: 'issues' }).click()
  expect(await page.getByLabel('Search').inputValue()).toBe('collection:issues')
  expect(await page.locator('.lane[aria-pressed=true]').allTextContents()).toEqual(['issues'])
  expect(await page.locator('.tab[aria-selected=true] .name').textContent()).toBe('issues')
  const plot = await page.locator('.plot').boundingBox()
  if (plot === null) throw new Error('there is no timeline')
  await page.mouse.click(plot.x + plot.width / 2 + 2, plot.y + 60)
  await expect.poll(() => here(page).textContent()).toMatch(/:31$/)
  await page.mouse.move(plot.x + 3, plot.y + 60)
  expect(await page.locator('.hover').textContent()).toMatch(/^1:1 /)
})

test('hostile values are text', async () => {
  const hostile = `</script><script>alert(1)</script><img src=x onerror=alert(2)><!--\u2028\u2029'"&amp;`
  const value = JSON.parse(`{"__proto__":{"polluted":true},"constructor":1,"a":${JSON.stringify(hostile)}}`)
  const entries = [
    scanned(1, [
      { op: 'put', collection: hostile, key: hostile, value: { ...value, [hostile]: hostile } },
      { op: 'state', collection: hostile, name: hostile, value: hostile },
      { op: 'put', collection: '__proto__', key: '__proto__', value },
    ]),
    scanned(2, [{ op: 'patch', collection: hostile, key: hostile, fields: { a: `${hostile}2` } }], {
      origin: hostile,
    }),
    { seq: 3, through: 3, entry: undefined, damage: hostile } as const,
  ]
  const hostileSource = sourceOf(`/somewhere/${hostile.replaceAll('/', '')}.db`, { data: true, now: 0 })
  const page = await open(await logModel(hostileSource, { entries }))
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => page.locator('.cell.differs').first().textContent()).toBe(`${hostile}2`)
  expect(await page.locator('.lane').first().textContent()).toBe(hostile)
  expect(await page.locator('img, script:not(head script, body > script)').count()).toBe(0)
  expect(await page.evaluate('({}).polluted')).toBeUndefined()
  await page.getByRole('tab', { name: '__proto__' }).click()
  await expect.poll(() => rows(page).locator('.key').textContent()).toBe('__proto__')
  await page.locator('.lane').first().click()
  expect(await page.locator('.entries-panel .hint').textContent()).toBe('2 of 3 found')

  await open(await historyModel(hostileSource, { entries, collection: hostile, key: hostile }))
  const row = { value: { json: value, notes: undefined } }
  const differences = [{ collection: hostile, key: hostile, before: undefined, after: row }]
  const diff = await open(await diffModel(hostileSource, { from: hostile, to: hostile, differences }))
  expect(await diff.locator('.side-head').nth(1).textContent()).toBe(hostile)
  const bar = { label: hostile, entries: 1, bytes: 1 }
  await open(
    statsModel(hostileSource, {
      collections: [bar],
      kinds: [bar],
      origins: [bar],
      hours: [{ hour: Number.MAX_SAFE_INTEGER, entries: 1, bytes: 1 }],
      largest: [{ position: hostile, bytes: 1, what: hostile }],
      hotKeys: [{ collection: hostile, key: hostile, ops: 1 }],
    }),
  )
})

test('20,000 entries', async () => {
  const page = await open(await logModel(source, { entries: randomLog(20_000) }))
  await expect.poll(() => here(page).textContent()).toMatch(/:20000$/)
  const took = await page.evaluate(async () => {
    const press = (key: string) => document.dispatchEvent(new KeyboardEvent('keydown', { key }))
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    const started = performance.now()
    for (const key of ['Home', 'End', 'Home', 'PageDown', 'ArrowRight']) {
      press(key)
      await frame()
      await frame()
    }
    return performance.now() - started
  })
  expect(await here(page).textContent()).toMatch(/:12$/)
  expect(await page.locator('.entry').count()).toBeLessThan(60)
  // Three times through the whole log and back; much less is usual.
  expect(took).toBeLessThan(10_000)
})

test('history: a lane for each field, and the row at each entry', async () => {
  const put = { op: 'put', collection: 'todos', key: 1, value: { title: 'Buy milk', done: false } } as const
  const page = await open(
    await historyModel(source, {
      entries: [
        scanned(1, [put]),
        scanned(2, [{ ...put, key: 2 }]),
        scanned(3, [{ op: 'patch', collection: 'todos', key: 1, fields: { done: true } }]),
        scanned(4, [{ op: 'delete', collection: 'todos', key: 1 }]),
      ],
      collection: 'todos',
      key: 1,
    }),
  )
  expect(await page.locator('.lane').allTextContents()).toEqual(['title', 'done', 'bytes'])
  const panel = page.getByRole('region', { name: 'Row' })
  expect(await panel.innerText()).toContain('This entry deleted it.')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => panel.locator('dd.changed').allTextContents()).toEqual(['false→true'])
  expect(await panel.innerText()).toContain('last written by 1:3')
})

test('diff: side by side, and stats: bars', async () => {
  const row = (title: string) => ({ value: { json: { title, id: 1 }, notes: undefined } })
  const differences = [
    { collection: 'todos', key: 1, before: row('a'), after: row('b') },
    { collection: 'todos', key: 2, before: undefined, after: row('c') },
  ]
  const diff = await open(await diffModel(source, { from: '1:1', to: '1:2', differences }))
  expect(await diff.locator('.side.changed').allTextContents()).toEqual(['a', 'b'])
  await diff.keyboard.press('ArrowDown')
  await expect.poll(() => diff.locator('.side.was').allTextContents()).toEqual(['–', '–'])
  await diff.getByLabel('difference').selectOption('changed')
  expect(await diff.locator('.entry').count()).toBe(1)

  const bars = [
    { label: 'todos', entries: 4, bytes: 400 },
    { label: 'lists', entries: 2, bytes: 100 },
  ]
  const stats = await open(
    statsModel(source, {
      collections: bars,
      kinds: bars,
      origins: bars,
      hours: [0, 1, 5].map((hour) => ({ hour: hour * 3_600_000, entries: 2, bytes: 10 })),
      largest: [{ position: '1:7', bytes: 300, what: 'todos +3' }],
      hotKeys: [{ collection: 'todos', key: 1, ops: 9 }],
    }),
  )
  const widths = await stats
    .getByRole('region', { name: 'Collections' })
    .locator('i')
    .evaluateAll((all) => all.map((bar) => bar.style.width))
  expect(widths).toEqual(['100%', '25%'])
  expect(await stats.locator('.hours i').count()).toBe(6)
})
