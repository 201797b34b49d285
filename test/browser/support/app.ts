/** The test page in several tabs of one browser. */

import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { Browser, serveApp } from './browser.js'

let served: Awaited<ReturnType<typeof serveApp>>
let names = 0

/** The browser of this test file. */
export const browser = new Browser()

beforeAll(async () => {
  served = await serveApp()
  await browser.start()
})

afterEach(async () => {
  // The last page keeps the browser.
  const [keep, ...pages] = browser.context.pages()
  await Promise.allSettled(pages.map((page) => page.close()))
  await keep?.goto('about:blank').catch(() => undefined)
})

afterAll(async () => {
  await browser.remove()
  await served.close()
})

/** A name that no other test has. */
export const newName = (): string => `test-${process.pid}-${++names}`

export const urlOf = (name: string, settings: Record<string, string> = {}): string =>
  `${served.url}?${new URLSearchParams({ name, ...settings })}`

/** Opens the app in a tab of its own; its daybook is open. */
export async function tab(name: string, settings: Record<string, string> = {}): Promise<Page> {
  const page = await browser.page(urlOf(name, settings))
  await loaded(page)
  await page.evaluate(() => window.app.preload())
  return page
}

export async function loaded(page: Page): Promise<void> {
  await page.waitForFunction('window.app !== undefined')
}

export const idsOf = (page: Page): Promise<string[]> => page.evaluate(() => window.app.ids())

/** Waits until every tab has exactly these rows. */
export async function allHave(pages: readonly Page[], ids: readonly string[]): Promise<void> {
  const wanted = [...ids].sort()
  for (const page of pages) await expect.poll(() => idsOf(page), { timeout: 15_000 }).toEqual(wanted)
}

/** The log and the rows are sound, and each of these rows was written by exactly one entry. */
export async function checkLog(page: Page, ids: readonly string[]): Promise<void> {
  const { findings, entries } = await page.evaluate(async () => {
    const { findings } = await window.app.daybook.verify()
    const entries: string[] = []
    for await (const { ops } of window.app.daybook.entries({ collection: 'rows' })) {
      for (const op of ops) if (op.op === 'put') entries.push(String(op.key))
    }
    return { findings: findings.map((finding) => JSON.stringify(finding)), entries }
  })
  expect(findings).toEqual([])
  expect(entries.length).toBe(new Set(entries).size)
  expect(new Set(entries)).toEqual(new Set([...entries, ...ids]))
}

export const roleOf = async (page: Page): Promise<string> =>
  (await page.evaluate(() => window.app.status())).role

/** The tab whose worker has the database, as soon as one says so. */
export async function leaderOf(pages: readonly Page[]): Promise<Page> {
  for (let tries = 0; tries < 500; tries++) {
    for (const page of pages) if ((await roleOf(page)) === 'leader') return page
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nobody leads')
}
