/** One upstream connection for all tabs: it passes on when its tab ends, and goes on from the token in the log. */

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { browser, loaded, newName, tab, urlOf } from './support/app.js'

const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** A feed of numbered changes by long poll; a token is the number of the last one that was given. */
class Feed {
  readonly tokens: number[] = []
  readonly #waiting = new Map<ServerResponse, number>()
  #changes = 0
  url = ''

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      const token = Number(request.url?.slice(1))
      this.tokens.push(token)
      this.#waiting.set(response, token)
      response.on('close', () => this.#waiting.delete(response))
      this.#answer()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => {
      server.closeAllConnections()
      server.close()
    })
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    return this
  }

  get connections(): number {
    return this.#waiting.size
  }

  change(): void {
    this.#changes++
    this.#answer()
  }

  get count(): number {
    return this.#changes
  }

  #answer(): void {
    for (const [response, token] of this.#waiting) {
      if (token >= this.#changes) continue
      this.#waiting.delete(response)
      const rows = Array.from({ length: this.#changes - token }, (_, n) => ({
        id: `change-${token + n + 1}`,
      }))
      response.writeHead(200, { 'access-control-allow-origin': '*' })
      response.end(JSON.stringify({ token: this.#changes, rows }))
    }
  }
}

/** Opens the app and a synced collection of the feed in it. */
async function follow(page: Page, url: string): Promise<void> {
  await page.evaluate((url) => {
    const { createCollection, persistedCollectionOptions, daybook } = window.app
    const feed = createCollection(
      persistedCollectionOptions({
        id: 'feed',
        getKey: (row: { id: string }) => row.id,
        persistence: daybook,
        sync: {
          sync: ({ begin, write, commit, markReady, metadata, collection }) => {
            const aborted = new AbortController()
            const poll = async (): Promise<void> => {
              while (!aborted.signal.aborted) {
                const token = (metadata?.collection.get('token') as number | undefined) ?? 0
                const { signal } = aborted
                const answer = (await (await fetch(`${url}/${token}`, { signal })).json()) as {
                  token: number
                  rows: { id: string }[]
                }
                begin()
                for (const value of answer.rows) {
                  write({ type: collection.has(value.id) ? 'update' : 'insert', value })
                }
                metadata?.collection.set('token', answer.token)
                commit()
                markReady()
              }
            }
            poll().catch(() => undefined)
            return () => aborted.abort()
          },
        },
      }),
    )
    feed.startSyncImmediate()
    Object.assign(window, { feed })
  }, url)
}

const sizeOf = (page: Page): Promise<number> =>
  page.evaluate(() => (window as unknown as { feed: { size: number } }).feed.size)

test('50 hand-overs: one connection, every change in every tab, and each owner goes on from the token', async () => {
  const feed = await new Feed().start()
  const name = newName()
  feed.change()
  const watcher = await tab(name)
  let owner = await tab(name)
  await follow(owner, feed.url)
  await expect.poll(() => sizeOf(owner)).toBe(1)
  await follow(watcher, feed.url)
  for (let round = 0; round < 50; round++) {
    const next = await browser.page(urlOf(name))
    await loaded(next)
    await follow(next, feed.url)
    if (round % 5 === 0) await crash(owner)
    else await owner.close()
    feed.change()
    owner = next
    const { count } = feed
    await expect.poll(() => sizeOf(next), { timeout: 10_000, interval: 10 }).toBe(count)
  }
  await expect.poll(() => sizeOf(watcher)).toBe(feed.count)
  await expect.poll(() => feed.connections).toBe(1)
  // Nobody began anew: a token is never older than the one before it.
  expect(feed.tokens).toEqual([...feed.tokens].sort((a, b) => a - b))
  expect(feed.tokens.filter((token) => token === 0)).toHaveLength(1)
}, 300_000)

test('the tab that people look at runs the source, and a hidden one gives it away', async () => {
  const feed = await new Feed().start()
  const name = newName()
  feed.change()
  const [first, second] = [await tab(name), await tab(name)]
  for (const page of [first, second]) {
    await page.evaluate(() => {
      Object.assign(window, { owner: false })
      window.app.daybook.on('sync', ({ owner }) => Object.assign(window, { owner }))
    })
    await follow(page, feed.url)
    await expect.poll(() => sizeOf(page)).toBe(1)
  }
  expect([await isOwner(first), await isOwner(second)]).toEqual([true, false])
  await look(first, 'hidden')
  await expect.poll(() => isOwner(second)).toBe(true)
  feed.change()
  await expect.poll(() => sizeOf(second)).toBe(2)
  // Somebody looks at both: the owner stays.
  await look(first, 'visible')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect([await isOwner(first), await isOwner(second)]).toEqual([false, true])
  // Nobody looks at either; then the first one is shown.
  await look(first, 'hidden')
  await second.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  })
  await look(first, 'visible')
  await expect.poll(() => isOwner(first)).toBe(true)
  feed.change()
  await expect.poll(() => sizeOf(second)).toBe(3)
  await expect.poll(() => feed.connections).toBe(1)
})

test.each(['throttled', 'frozen'])(
  'rows go on arriving within a second while the former owner is hidden and %s',
  async (state) => {
    const feed = await new Feed().start()
    const name = newName()
    feed.change()
    const [former, visible] = [await tab(name), await tab(name)]
    for (const page of [former, visible]) {
      await follow(page, feed.url)
      await expect.poll(() => sizeOf(page)).toBe(1)
    }
    const client = await browser.context.newCDPSession(former)
    await look(former, 'hidden')
    if (state === 'throttled') await client.send('Emulation.setCPUThrottlingRate', { rate: 20 })
    else await client.send('Page.setWebLifecycleState', { state: 'frozen' })
    await visible.evaluate(() => {
      const { feed } = window as unknown as { feed: { subscribeChanges(listener: () => void): unknown } }
      feed.subscribeChanges(() => Object.assign(window, { arrivedAt: Date.now() }))
    })
    for (let change = 2; change <= 11; change++) {
      const from = Date.now()
      feed.change()
      await expect.poll(() => sizeOf(visible), { timeout: 10_000, interval: 5 }).toBe(change)
      const at = await visible.evaluate(() => (window as unknown as { arrivedAt: number }).arrivedAt)
      expect(at - from, `change ${change}`).toBeLessThan(1000)
    }
  },
)

const isOwner = (page: Page): Promise<boolean> =>
  page.evaluate(() => (window as unknown as { owner: boolean }).owner)

/** As when the window is covered, or shown again. */
const look = (page: Page, state: 'hidden' | 'visible'): Promise<void> =>
  page.evaluate((state) => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)

async function crash(page: Page): Promise<void> {
  const client = await browser.context.newCDPSession(page)
  const crashed = new Promise((resolve) => page.once('crash', resolve))
  client.send('Page.crash').catch(() => undefined)
  await crashed
  await page.close()
}
