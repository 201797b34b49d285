/** The whole browser killed while tabs write: what was acknowledged is there at the next start, once. */

import { expect, test } from 'vitest'
import { allHave, browser, checkLog, idsOf, newName, tab } from './support/app.js'

const ROUNDS = 5

test(`${ROUNDS} times SIGKILL in the middle of writing`, async () => {
  const name = newName()
  const acknowledged = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const pages = [await tab(name), await tab(name)]
    expect(await idsOf(pages[0]!)).toEqual(expect.arrayContaining([...acknowledged]))
    await Promise.all(
      pages.map((page, n) => page.evaluate((prefix) => window.app.write(prefix), `${round}-${n}`)),
    )
    await new Promise((resolve) => setTimeout(resolve, 200 + 100 * round))
    for (const page of pages) {
      for (const id of await page.evaluate(() => window.app.acknowledged)) acknowledged.add(id)
    }
    await browser.kill()
    await browser.start()
  }
  const page = await tab(name)
  const ids = await idsOf(page)
  expect(acknowledged.size).toBeGreaterThan(ROUNDS * 10)
  expect(ids).toEqual(expect.arrayContaining([...acknowledged]))
  await allHave([page], ids)
  await checkLog(page, ids)
})
