import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser, serveApp } from './support/browser.js'

let app: Awaited<ReturnType<typeof serveApp>>
let browser: Browser
beforeAll(async () => {
  app = await serveApp()
  browser = await new Browser().start()
})
afterAll(async () => {
  await browser.remove()
  await app.close()
})

test('first', async () => {
  const page = await browser.page(`${app.url}?name=first`)
  page.on('console', (message) => console.log('[page]', message.text()))
  page.on('pageerror', (error) => console.log('[error]', error))
  await page.waitForFunction('window.app !== undefined', undefined, { timeout: 10000 })
  await page.evaluate(() => window.app.ready())
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  console.log(
    await page.evaluate(() => window.app.status()),
    await page.evaluate(() => window.app.daybook.stats()),
  )
  const second = await browser.page(`${app.url}?name=first`)
  await second.waitForFunction('window.app !== undefined')
  await second.evaluate(() => window.app.preload())
  console.log(await second.evaluate(() => window.app.ids()), await second.evaluate(() => window.app.status()))
  expect(1).toBe(1)
})
