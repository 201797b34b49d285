/** Several tabs over one log. */

import { describe, expect, test } from 'vitest'
import {
  allHave,
  browser,
  checkLog,
  idsOf,
  leaderOf,
  loaded,
  newName,
  roleOf,
  tab,
  urlOf,
} from './support/app.js'

describe.each([1, 2, 6])('%i tabs that write at once', (count) => {
  test('end equal, with every row once', async () => {
    const name = newName()
    const pages = await Promise.all(Array.from({ length: count }, () => tab(name)))
    await Promise.all(pages.map((page, n) => page.evaluate((n) => window.app.write(`tab-${n}`), n)))
    await new Promise((resolve) => setTimeout(resolve, 500))
    const written = (await Promise.all(pages.map((page) => page.evaluate(() => window.app.stop())))).flat()
    expect(written.length).toBeGreaterThan(count * 3)
    await allHave(pages, written)
    await checkLog(pages[0]!, written)
    const roles = await Promise.all(pages.map(roleOf))
    expect(roles.filter((role) => role === 'leader')).toHaveLength(1)
  })
})

const seed = Number(process.env.DAYBOOK_SEED ?? 7)

test(`a channel that loses, doubles, delays and reorders, seed ${seed}: all is kept once, and every tab ends equal`, async () => {
  const name = newName()
  const pages = await Promise.all([1, 2, 3].map((n) => tab(name, { faulty: `${seed + n}` })))
  await Promise.all(pages.map((page, n) => page.evaluate((n) => window.app.write(`tab-${n}`), n)))
  const leader = await leaderOf(pages)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  await leader.evaluate(() => window.app.daybook.restartWorker())
  await new Promise((resolve) => setTimeout(resolve, 3000))
  const written = (await Promise.all(pages.map((page) => page.evaluate(() => window.app.stop())))).flat()
  expect(written.length).toBeGreaterThan(20)
  // Nothing is sent any more: what a tab has missed it finds by itself.
  await allHave(pages, written)
  await pages[0]!.evaluate(() => new BroadcastChannel('faults').postMessage('perfect'))
  await checkLog(pages[0]!, written)
}, 60_000)

test('a row is there after a reload, and in a new tab', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(() => window.app.insert({ id: 'a', at: new Date(7), tags: new Set(['x']) }))
  await page.reload()
  await loaded(page)
  await page.evaluate(() => window.app.preload())
  expect(await idsOf(page)).toEqual(['a'])
  const value = await page.evaluate(() => {
    const row = window.app.rows.get('a') as unknown as { at: Date; tags: Set<string> }
    return [row.at.getTime(), row.tags.has('x')]
  })
  expect(value).toEqual([7, true])
  await allHave([await tab(name)], ['a'])
})

test('frames of a page share it, and one that leads may be taken away', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(async (url) => {
    for (const id of ['left', 'right']) {
      const frame = Object.assign(document.createElement('iframe'), { id, src: url })
      await new Promise((resolve) => {
        frame.onload = resolve
        document.body.append(frame)
      })
    }
  }, urlOf(name))
  const frames = page.frames().filter((frame) => frame !== page.mainFrame())
  for (const frame of frames) {
    await frame.waitForFunction('window.app !== undefined')
    await frame.evaluate(() => window.app.preload())
  }
  await page.evaluate(() => window.app.insert({ id: 'page' }))
  await page.evaluate(() => window.app.daybook.restartWorker())
  for (const frame of frames)
    await frame.evaluate((id) => window.app.insert({ id }), `frame-${frames.indexOf(frame)}`)
  const roles = await Promise.all(frames.map((frame) => frame.evaluate(() => window.app.status().role)))
  const leads = roles.indexOf('leader')
  expect(roles.filter((role) => role === 'leader')).toHaveLength(1)
  await page.evaluate((leads) => document.querySelectorAll('iframe')[leads]?.remove(), leads)
  await page.evaluate(() => window.app.insert({ id: 'after' }))
  await allHave([page, await tab(name)], ['page', 'frame-0', 'frame-1', 'after'])
  await checkLog(page, ['page', 'frame-0', 'frame-1', 'after'])
})

test('on @journeyapps/wa-sqlite, and the same file by both packages', async () => {
  const name = newName()
  const page = await tab(name, { journeyapps: '' })
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  const stats = await page.evaluate(() => window.app.daybook.stats())
  expect(stats.driver).toBe('@journeyapps/wa-sqlite')
  await page.close()
  const other = await tab(name)
  await other.evaluate(() => window.app.insert({ id: 'b' }))
  expect((await other.evaluate(() => window.app.daybook.stats())).driver).toBe('wa-sqlite')
  await other.close()
  // Twice: an end of a worker leaves a WAL, which the next one finds.
  for (const id of ['c', 'd']) {
    const again = await tab(name, { journeyapps: '' })
    await again.evaluate((id) => window.app.insert({ id }), id)
    await again.close()
  }
  const last = await tab(name)
  await allHave([last], ['a', 'b', 'c', 'd'])
  await checkLog(last, ['a', 'b', 'c', 'd'])
})

test('100,000 rows reach leader and follower, and neither page stands still', async () => {
  const name = newName()
  const writer = await tab(name)
  await writer.evaluate(async () => {
    for (let from = 0; from < 100_000; from += 10_000) {
      await window.app.daybook.write(
        Array.from({ length: 10_000 }, (_, n) => ({
          op: 'put' as const,
          collection: 'rows',
          key: `row-${from + n}`,
          value: {
            id: `row-${from + n}`,
            title: `This is the row with the number ${from + n}`,
            done: n % 2 === 0,
          },
        })),
      )
    }
  })
  await writer.close()
  for (const role of ['leader', 'follower']) {
    const page = await browser.page(urlOf(name))
    await loaded(page)
    await page.evaluate(() => window.app.ready())
    const pause = await page.evaluate(() => window.app.longestPause(() => window.app.preload()))
    expect(await page.evaluate(() => window.app.rows.size)).toBe(100_000)
    console.log(`${role}: 100,000 rows, the page stood still for ${Math.round(pause)} ms at most`)
    expect(await roleOf(page)).toBe(role)
  }
})

test('a private window or an old browser: a typed error, or memory when the app asks for it', async () => {
  const context = browser.context
  for (const [missing, script] of [
    ['Web Locks', "Object.defineProperty(navigator, 'locks', { value: undefined })"],
    [
      'OPFS',
      "navigator.storage.getDirectory = () => Promise.reject(new DOMException('no', 'SecurityError'))",
    ],
    ['secure context', "Object.defineProperty(globalThis, 'isSecureContext', { value: false })"],
  ] as const) {
    const page = await context.newPage()
    await page.addInitScript(script)
    await page.goto(urlOf(newName()))
    await loaded(page)
    const error = await page.evaluate(() =>
      window.app
        .ready()
        .catch((error: unknown) => ({ ...(error as object) }) as { code?: string; missing?: string }),
    )
    expect(error).toMatchObject({ code: 'DAYBOOK_STORAGE_UNAVAILABLE', missing })
    const name = newName()
    await page.goto(urlOf(name, { fallback: '' }))
    await loaded(page)
    await page.evaluate(() => window.app.insert({ id: 'a' }))
    expect(await page.evaluate(() => window.app.status())).toMatchObject({
      storage: 'memory',
      role: 'leader',
    })
    expect(await idsOf(page)).toEqual(['a'])
    await page.close()
  }
})

test('a full quota: the write is refused, reads go on, and it works again when there is room', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(() => window.app.insert({ id: 'before' }))
  const client = await browser.context.newCDPSession(page)
  const { origin } = new URL(page.url())
  const { usage } = await page.evaluate(async () => ({
    usage: (await navigator.storage.estimate()).usage ?? 0,
  }))
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + (1 << 20) })
  const code = await page.evaluate(async () => {
    const text = 'x'.repeat(300_000)
    for (let n = 0; n < 100; n++) {
      try {
        await window.app.insert({ id: `large-${n}`, text: `${text}${n}` })
      } catch (error) {
        return (error as { code?: string }).code
      }
    }
    return undefined
  })
  expect(code).toBe('DAYBOOK_STORAGE_FULL')
  const kept = await idsOf(page)
  expect(kept).toContain('before')
  await client.send('Storage.overrideQuotaForOrigin', { origin })
  await page.evaluate(() => window.app.insert({ id: 'after' }))
  await page.reload()
  await loaded(page)
  await page.evaluate(() => window.app.preload())
  await allHave([page], [...kept, 'after'])
  await checkLog(page, [...kept, 'after'])
})

test('the browser says how much is kept, and a database that is gone is told of', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  const { storage } = await page.evaluate(() => window.app.daybook.stats())
  expect(storage.usage).toBeGreaterThan(0)
  expect(storage.quota).toBeGreaterThan(0)
  expect(storage.persisted).toBe(false)
  expect(typeof (await page.evaluate(() => window.app.daybook.persist()))).toBe('boolean')
  // As a browser does that is short of space, for this one folder.
  await page.evaluate(() => window.app.daybook.close())
  await expect
    .poll(() =>
      page.evaluate(async (name) => {
        const root = await navigator.storage.getDirectory()
        return root.removeEntry(`daybook-${name}`, { recursive: true }).then(
          () => true,
          () => false,
        )
      }, name),
    )
    .toBe(true)
  const evicted = await page.evaluate(async (name) => {
    const { daybook } = window.app.open({ name })
    const told = new Promise<{ before: string; now: string }>((resolve) => daybook.on('evicted', resolve))
    await daybook.ready
    return told
  }, name)
  expect(evicted.before).not.toBe(evicted.now)
  await page.reload()
  await loaded(page)
  await page.evaluate(() => window.app.preload())
  expect(await idsOf(page)).toEqual([])
})

test('nobody answers: the open fails in time, and names who has the lock', async () => {
  const name = newName()
  const holder = await tab(newName())
  await holder.evaluate((name) => {
    void navigator.locks.request(`daybook:${name}:leader`, () => new Promise(() => undefined))
  }, name)
  const page = await browser.page(urlOf(name, { timeout: '500' }))
  await loaded(page)
  const error = await page.evaluate(() =>
    window.app
      .ready()
      .catch((error: unknown) => ({ ...(error as object) }) as { code?: string; holder?: string }),
  )
  expect(error).toMatchObject({ code: 'DAYBOOK_NO_LEADER', waited: 500 })
  expect((error as { holder?: string }).holder).toMatch(/.+/)
})

test('a page that sends garbage, and one of another version, harm nobody', async () => {
  const name = newName()
  const page = await tab(name)
  const stranger = await tab(newName())
  const answer = await stranger.evaluate(async (name) => {
    const requests = new BroadcastChannel(`daybook:${name}:requests`)
    for (const message of [
      null,
      7,
      'DROP TABLE',
      {},
      { daybook: 2 },
      { daybook: 2, from: 'x', id: 1, method: 'sql' },
    ]) {
      requests.postMessage(message)
    }
    const line = new BroadcastChannel(`daybook:${name}:to:stranger`)
    const answered = new Promise((resolve) => {
      line.onmessage = ({ data }) => resolve(data)
    })
    requests.postMessage({ daybook: 99, from: 'stranger', id: 5 })
    return answered
  }, name)
  expect(answer).toMatchObject({
    daybook: 2,
    to: 'stranger',
    id: 5,
    result: { error: { name: 'ProtocolError' } },
  })
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  await allHave([page, await tab(name)], ['a'])
  expect(await leaderOf([page])).toBe(page)
})
