/** Leaders that end in every way, at random moments: what was acknowledged is kept, once, and writing goes on. */

import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { allHave, browser, checkLog, leaderOf, loaded, newName, roleOf, tab, urlOf } from './support/app.js'

const ROUNDS = Number(process.env.DAYBOOK_ROUNDS ?? 100)
const seed = Number(process.env.DAYBOOK_SEED ?? 7)

/** Mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function dice(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Tab = { page: Page; prefix: string }

/** What happens to a leader. A tab that is gone is opened anew. */
const ENDS = ['worker', 'close', 'crash', 'navigate', 'reload', 'back and forth'] as const

test(`${ROUNDS} leaders end while two tabs write, seed ${seed}`, async () => {
  const random = dice(seed)
  const name = newName()
  const acknowledged = new Set<string>()
  let prefixes = 0
  const begin = async (page: Page): Promise<Tab> => {
    const prefix = `p${++prefixes}`
    await page.evaluate((prefix) => window.app.write(prefix), prefix)
    return { page, prefix }
  }
  // What a page has acknowledged is asked for before it goes; what it acknowledges after that is in the log as well.
  const collect = async ({ page }: Tab): Promise<void> => {
    for (const id of await page.evaluate(() => window.app.acknowledged)) acknowledged.add(id)
  }
  const watcher = await tab(name)
  let tabs: Tab[] = [await begin(await tab(name)), await begin(await tab(name))]
  for (let round = 0; round < ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, random() * 60))
    const how = ENDS[Math.floor(random() * ENDS.length)]!
    const leader = await leaderOf([watcher, ...tabs.map(({ page }) => page)])
    const ended = tabs.find(({ page }) => page === leader)
    if (ended === undefined || how === 'worker') {
      await leader.evaluate(() => window.app.daybook.restartWorker())
      continue
    }
    await collect(ended)
    const { page } = ended
    if (how === 'close') await page.close()
    else if (how === 'crash') await crash(page)
    else if (how === 'navigate') await page.goto('about:blank')
    else if (how === 'reload') await page.reload()
    else {
      await page.goto(urlOf(newName()))
      await page.goBack({ waitUntil: 'commit' })
      await loaded(page)
      // It went on where it was, or it was loaded anew.
      if (await page.evaluate(() => window.app.acknowledged.length > 0)) continue
    }
    const next = how === 'reload' || how === 'back and forth' ? page : await browser.page(urlOf(name))
    if (how === 'navigate') await page.close()
    await loaded(next)
    tabs = tabs.filter((other) => other !== ended)
    tabs.push(await begin(next))
  }
  for (const each of tabs) {
    await each.page.evaluate(() => window.app.stop())
    await collect(each)
  }
  const last = await tab(name)
  const { length } = await last.evaluate(() => window.app.ids())
  expect(length).toBeGreaterThanOrEqual(acknowledged.size)
  const all = await last.evaluate(() => window.app.ids())
  expect(all).toEqual(expect.arrayContaining([...acknowledged]))
  await allHave([watcher, ...tabs.map(({ page }) => page)], all)
  await checkLog(last, all)
}, 600_000)

async function crash(page: Page): Promise<void> {
  const client = await browser.context.newCDPSession(page)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  client.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
}

describe('with the back/forward cache', () => {
  test('a leader that navigates away lets the next one in at once, and has everything when it is back', async () => {
    const name = newName()
    const first = await tab(name)
    const second = await tab(name)
    expect(await roleOf(first)).toBe('leader')
    await first.evaluate(() => window.app.insert({ id: 'before' }))
    await first.goto(urlOf(newName()))
    await second.evaluate(() => window.app.insert({ id: 'meanwhile' }))
    expect(await roleOf(second)).toBe('leader')
    await first.goBack({ waitUntil: 'commit' })
    await loaded(first)
    // Chromium drops a page from the cache whose lock others waited for; then it is loaded anew.
    await first.evaluate(() => window.app.preload())
    await allHave([first, second], ['before', 'meanwhile'])
    await first.evaluate(() => window.app.insert({ id: 'after' }))
    await allHave([first, second], ['before', 'meanwhile', 'after'])
    await checkLog(second, ['before', 'meanwhile', 'after'])
  })

  test('a follower comes back as it was, and catches up', async () => {
    const name = newName()
    const leader = await tab(name)
    const follower = await tab(name)
    await follower.evaluate(() => {
      ;(window as { marker?: boolean }).marker = true
    })
    await follower.goto('about:blank')
    await leader.evaluate(() => window.app.insert({ id: 'meanwhile' }))
    await follower.goBack({ waitUntil: 'commit' })
    await loaded(follower)
    expect(await follower.evaluate(() => (window as { marker?: boolean }).marker)).toBe(true)
    await allHave([leader, follower], ['meanwhile'])
    await follower.evaluate(() => window.app.insert({ id: 'after' }))
    await allHave([leader, follower], ['meanwhile', 'after'])
  })
})

test('a frozen tab that wakes up has what was written meanwhile', async () => {
  const name = newName()
  const leader = await tab(name)
  const frozen = await tab(name)
  const client = await browser.context.newCDPSession(frozen)
  await client.send('Page.setWebLifecycleState', { state: 'frozen' })
  for (const id of ['a', 'b', 'c']) await leader.evaluate((id) => window.app.insert({ id }), id)
  await client.send('Page.setWebLifecycleState', { state: 'active' })
  await allHave([frozen, leader], ['a', 'b', 'c'])
})

test('a write that was on its way when the leader ended is kept once', async () => {
  const name = newName()
  const leader = await tab(name)
  const follower = await tab(name)
  for (let round = 0; round < 5; round++) {
    const written = follower.evaluate((id) => window.app.insert({ id }), `row-${round}`)
    const from = await leaderOf([leader, follower])
    await from.evaluate(() => window.app.daybook.restartWorker())
    await written
  }
  const ids = Array.from({ length: 5 }, (_, round) => `row-${round}`)
  await allHave([leader, follower], ids)
  await checkLog(follower, ids)
})
