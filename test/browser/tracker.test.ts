/** The demo, as somebody uses it: built, two tabs, offline, a leader that is killed, a reload. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, serve } from '../../examples/tracker/server/serve.js'
import { Browser } from './support/browser.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'daybook-tracker-'))
const browser = new Browser()
let served: Served

beforeAll(async () => {
  served = await serve({
    root: join(root, 'examples/tracker'),
    dist: join(root, 'dist'),
    filename: join(folder, 'server.db'),
    port: 0,
    outDir: join(folder, 'page'),
    teammates: false,
  })
  await browser.start()
})

afterAll(async () => {
  await browser.remove()
  await served.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A tab with what went wrong in it. */
async function tab(): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.setViewportSize({ width: 1440, height: 900 })
  await page.goto(served.url)
  await expect.poll(() => total(page), { timeout: 20_000 }).toBe('5,000')
  return { page, errors }
}

const total = (page: Page) =>
  page.locator('.sidebar .item', { hasText: 'All issues' }).locator('.count').textContent()
const titles = (page: Page) => page.locator('.row .title').allTextContents()
const role = (page: Page) => page.locator('.tab[data-own=true]').getAttribute('data-role')
const seqs = (page: Page) =>
  page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-seq')))
const writes = (page: Page) => page.getByTestId('writes').textContent()

test('what is done offline is in every tab, survives a killed leader and a reload, and reaches the server once', async () => {
  const [a, b] = [await tab(), await tab()]
  expect([await role(a.page), await role(b.page)].sort()).toEqual(['follower', 'leader'])

  // Both tabs show what one of them does, and the server has it.
  const first = served.store.issues.find(({ number }) => number === 4999)!
  await a.page.getByPlaceholder('Search issues').fill(first.title)
  await a.page.locator('.sidebar .item', { hasText: 'All issues' }).click()
  await a.page.locator('.row', { hasText: 'TRK-4999' }).click()
  await a.page.locator('.panel').getByLabel('Priority', { exact: true }).selectOption('4')
  await expect.poll(() => served.store.issues.find(({ id }) => id === first.id)?.priority).toBe(4)
  await expect.poll(() => writes(a.page)).toContain('on the server')

  // Offline: it is on this device, in both tabs.
  await b.page.getByRole('switch').click()
  await expect.poll(() => a.page.getByRole('switch').textContent()).toContain('Offline')
  await b.page.getByRole('button', { name: 'New issue' }).click()
  await b.page.locator('dialog').getByLabel('Title', { exact: true }).fill('Written on a train')
  await b.page.locator('dialog').getByRole('button', { name: 'Create' }).click()
  await expect.poll(() => writes(b.page)).toContain('not sent yet')
  await a.page.getByPlaceholder('Search issues').fill('train')
  await expect.poll(() => titles(a.page)).toEqual(['Written on a train'])
  expect(served.store.issues).toHaveLength(5000)

  // The leader is killed, and one tab reloads: nothing is lost.
  const terms = () => b.page.locator('.log .entry', { hasText: 'a new leader' }).count()
  const before = await terms()
  await a.page.getByRole('button', { name: 'Kill leader' }).click()
  await expect.poll(terms).toBe(before + 1)
  await a.page.reload()
  await expect
    .poll(() => titles(a.page).then(([title]) => title), { timeout: 20_000 })
    .toBe('Written on a train')
  expect(served.store.issues).toHaveLength(5000)

  // Online again.
  await b.page.getByRole('switch').click()
  await expect.poll(() => writes(b.page)).toContain('on the server')
  await expect.poll(() => a.page.locator('.row').first().textContent()).toContain('TRK-5001')
  expect(served.store.issues.filter(({ title }) => title === 'Written on a train')).toHaveLength(1)

  // All tabs have read as far.
  await expect.poll(async () => new Set([...(await seqs(a.page)), ...(await seqs(b.page))]).size).toBe(1)
  expect([...a.errors, ...b.errors]).toEqual([])
})
