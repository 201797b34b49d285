// Takes the pictures of examples/tracker that the docs show: `npm run -s build:tools && node scripts/screenshots.mjs`.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { serve } from '../build/examples/tracker/server/serve.js'
import { findChromium } from './browsers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'daybook-screenshots-'))
const { url, close } = await serve({
  root: join(root, 'examples/tracker'),
  dist: join(root, 'dist'),
  filename: join(folder, 'server.db'),
  port: 0,
  outDir: join(folder, 'page'),
})

await picture('tracker-two-tabs', { width: 1800, height: 940, colorScheme: 'light' }, async (page) => {
  await page.goto(`${url}?split=2`)
  const tabs = page.frameLocator('iframe')
  const [left, right] = [tabs.nth(0), tabs.nth(1)]
  await left.locator('.row').nth(1).waitFor()
  await right.locator('.row').nth(1).waitFor()
  // A few changes of colleagues.
  await page.waitForTimeout(9000)
  await left.getByRole('switch').click()
  await left.locator('.row').nth(3).click()
  await left.getByLabel('Status', { exact: true }).selectOption('review')
  await right.getByRole('button', { name: 'New issue' }).click()
  await right.locator('dialog').getByLabel('Title').fill('Sync: written on a train, without a network')
  await right.locator('dialog').getByRole('button', { name: 'Create' }).click()
  await right.locator('.panel').getByRole('button', { name: 'Close' }).click()
  await right.getByRole('button', { name: 'Kill leader' }).click()
  await page.waitForTimeout(1500)
})

await picture('tracker', { width: 1440, height: 860, colorScheme: 'dark' }, async (page) => {
  await page.goto(url)
  await page.locator('.row').nth(1).waitFor()
  await page.waitForTimeout(18_000)
  await page.locator('.row').nth(2).click()
})

await close()
rmSync(folder, { recursive: true, force: true })

async function picture(name, { width, height, colorScheme }, prepare) {
  const profile = mkdtempSync(join(folder, 'profile-'))
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu'],
    viewport: { width, height },
    colorScheme,
  })
  const page = await context.newPage()
  await prepare(page)
  await page.mouse.move(width / 2, 4)
  await page.waitForTimeout(1500)
  await page.screenshot({ path: join(root, `docs/${name}.png`) })
  await context.close()
}
