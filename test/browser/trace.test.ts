/** The trace of pages: each tells its own, and the page that leads what is done in the database. */

import type { TraceEvent } from 'daybook/browser'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { leaderOf, newName, tab } from './support/app.js'

const traced = (page: Page): Promise<TraceEvent[]> => page.evaluate(() => window.app.traced)
const typesOf = async (page: Page): Promise<Set<string>> =>
  new Set((await traced(page)).map(({ type }) => type))

test('the page that leads is told what its worker does for all, the other one its own, also after a new leader', async () => {
  const name = newName()
  const pages = [await tab(name, { trace: '' }), await tab(name, { trace: '' })]
  const leader = await leaderOf(pages)
  const follower = pages.find((page) => page !== leader)!
  await follower.evaluate(() => window.app.insert({ id: 'a' }))
  await expect
    .poll(async () => [...(await typesOf(leader))])
    .toEqual(expect.arrayContaining(['term', 'leader', 'batch', 'post']))
  const append = (await traced(follower)).find(({ type }) => type === 'append')
  expect(append).toMatchObject({ outcome: 'committed', collections: ['rows'], ops: 1 })
  expect((append as { duration: number }).duration).toBeGreaterThan(0)
  expect([...(await typesOf(follower))]).not.toContain('batch')
  expect((await typesOf(leader)).has('append')).toBe(false)
  const { counters } = await follower.evaluate(() => window.app.daybook.stats())
  // The term of the leader, and the row.
  expect(counters).toMatchObject({ appended: 2, batches: 1, duplicates: 0, leaders: 1 })
  await leader.close()
  await expect.poll(async () => [...(await typesOf(follower))], { timeout: 20_000 }).toContain('term')
  await follower.evaluate(() => window.app.insert({ id: 'b' }))
  await expect.poll(async () => [...(await typesOf(follower))]).toContain('batch')
  expect((await follower.evaluate(() => window.app.daybook.stats())).counters.leaders).toBe(2)
})

test('a page that did not ask is told nothing', async () => {
  const page = await tab(newName())
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  expect(await traced(page)).toEqual([])
})
