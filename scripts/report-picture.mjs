// Takes the picture of a report that the docs show, of the file that the demo leaves:
// `npm run demo && node scripts/report-picture.mjs`. With a folder, pictures in other sizes and in the dark go there.

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { findChromium } from './browsers.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const [others] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'daybook-picture-'))
const demo = readdirSync(join(root, '.demo')).find((file) => file.endsWith('.db'))
if (demo === undefined) throw new Error('There is no file of the demo: npm run demo.')
// The demo names its file after the repository; the picture has one name wherever it is taken.
copyFileSync(join(root, '.demo', demo), join(folder, 'repository.db'))
const { status } = spawnSync(
  process.execPath,
  [join(root, 'dist/cli/main.js'), 'log', 'repository.db', '--data', '--html', 'report.html'],
  { cwd: folder, stdio: 'inherit' },
)
if (status !== 0) throw new Error('There is no report.')

const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox', '--disable-gpu'],
})
await picture(join(root, 'docs/report-log.png'), { width: 1280, height: 800, colorScheme: 'light' })
for (const colorScheme of others === undefined ? [] : ['light', 'dark']) {
  for (const width of [1280, 800]) {
    await picture(join(others, `report-log-${colorScheme}-${width}.png`), { width, height: 860, colorScheme })
  }
}
await browser.close()
rmSync(folder, { recursive: true })

async function picture(path, { width, height, colorScheme }) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme })
  await page.goto(`${pathToFileURL(join(folder, 'report.html'))}`)
  await page.getByRole('tab', { name: /files/ }).click()
  // An entry that adds, changes and deletes, well inside of the log.
  const entries = await page.evaluate(() => JSON.parse(document.getElementById('model').textContent).entries)
  const weight = ([, , , , , , , changes]) =>
    changes.filter(([, ...ops]) => ops.slice(0, 3).every((n) => n > 0)).length
  const chosen = entries.findLastIndex((entry, index) => index < entries.length * 0.8 && weight(entry) > 0)
  await page.getByLabel('Position').evaluate((slider, value) => {
    slider.value = value
    slider.dispatchEvent(new Event('input'))
  }, String(chosen))
  await page.waitForTimeout(300)
  await page
    .locator('.ops li.patch')
    .first()
    .evaluate((op) => op.scrollIntoView())
  await page.mouse.move(1, 1)
  await page.waitForTimeout(300)
  await page.screenshot({ path })
  await page.close()
}
