/** The same page in Firefox: tabs that write at once, leaders that end, a reload. */

import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findFirefox } from '../../scripts/browsers.mjs'
import type {} from '../browser/app/main.js'
import { serveApp } from '../browser/support/browser.js'

let served: Awaited<ReturnType<typeof serveApp>>
let firefox: Browser

beforeAll(async () => {
  served = await serveApp()
  firefox = await puppeteer.launch({
    browser: 'firefox',
    headless: true,
    executablePath: findFirefox() as string,
  })
})

afterAll(async () => {
  await firefox?.close()
  await served?.close()
})

async function tab(name: string): Promise<Page> {
  const page = await firefox.newPage()
  await page.goto(`${served.url}?${new URLSearchParams({ name })}`)
  await page.waitForFunction('window.app !== undefined')
  await page.evaluate(() => window.app.preload().then(() => undefined))
  return page
}

const idsOf = (page: Page): Promise<string[]> => page.evaluate(() => window.app.ids())
const roleOf = (page: Page): Promise<string> => page.evaluate(() => window.app.status().role)
const write = (page: Page, prefix: string): Promise<void> =>
  page.evaluate((prefix) => window.app.write(prefix), prefix)
const stop = (page: Page): Promise<string[]> => page.evaluate(() => window.app.stop())
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function sound(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { findings } = await window.app.daybook.verify()
    const keys: string[] = []
    for await (const { ops } of window.app.daybook.entries({ collection: 'rows' })) {
      for (const op of ops) if (op.op === 'put') keys.push(String(op.key))
    }
    return { findings: findings.length, doubled: keys.length - new Set(keys).size }
  })
}

test('three tabs that write at once end equal, also after a reload', async () => {
  const pages = [await tab('three'), await tab('three'), await tab('three')]
  expect((await Promise.all(pages.map(roleOf))).sort()).toEqual(['follower', 'follower', 'leader'])
  for (const [n, page] of pages.entries()) await write(page, `tab-${n}`)
  await pause(500)
  const written = (await Promise.all(pages.map(stop))).flat().sort()
  expect(written.length).toBeGreaterThan(20)
  for (const page of pages) await expect.poll(() => idsOf(page), { timeout: 15_000 }).toEqual(written)
  expect(await sound(pages[0]!)).toEqual({ findings: 0, doubled: 0 })
  await pages[1]!.reload()
  await pages[1]!.waitForFunction('window.app !== undefined')
  await pages[1]!.evaluate(() => window.app.preload().then(() => undefined))
  expect(await idsOf(pages[1]!)).toEqual(written)
  for (const page of pages) await page.close()
})

test('leaders end while another tab writes: nothing is lost or doubled', async () => {
  const writer = await tab('ending')
  const acknowledged: string[] = []
  for (let round = 0; round < 6; round++) {
    // The writer follows: whoever leads ends.
    const leader = await tab('ending')
    await writer.evaluate(() => window.app.daybook.restartWorker())
    await expect.poll(() => roleOf(leader), { timeout: 15_000 }).toBe('leader')
    await write(writer, `round-${round}`)
    await pause(150)
    if (round % 2 === 0) await leader.close()
    else await leader.evaluate(() => window.app.daybook.restartWorker())
    await pause(400)
    acknowledged.push(...(await stop(writer)))
    if (round % 2 === 1) await leader.close()
  }
  const witness = await tab('ending')
  const ids = await idsOf(witness)
  expect(acknowledged.length).toBeGreaterThan(20)
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
  expect(await sound(witness)).toEqual({ findings: 0, doubled: 0 })
})
