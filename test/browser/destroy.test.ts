/** A user logs out in one of several tabs. */

import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { allHave, browser, checkLog, leaderOf, loaded, newName, tab, urlOf } from './support/app.js'

/** What is left of a daybook in the origin private file system. */
const leftOf = (page: Page, name: string): Promise<string[]> =>
  page.evaluate(async (name) => {
    const root = (await navigator.storage.getDirectory()) as unknown as AsyncIterable<[string, unknown]>
    const found: string[] = []
    for await (const [entry] of root) if (entry.startsWith(`daybook-${name}`)) found.push(entry)
    return found
  }, name)

/** Answers with the events `destroyed` that a page was told. */
const listen = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const told: boolean[] = []
    Object.assign(window, { told })
    window.app.daybook.on('destroyed', ({ here }) => told.push(here))
  })
const toldOn = (page: Page): Promise<boolean[]> =>
  page.evaluate(() => (window as unknown as { told: boolean[] }).told)

const insertFails = (page: Page): Promise<string> =>
  page.evaluate(() =>
    window.app.daybook
      .write([{ op: 'put', collection: 'rows', key: 'late', value: { id: 'late' } }])
      .then(() => 'kept')
      .catch((error: { code: string }) => error.code),
  )

test.each(['leads', 'follows'])(
  'a tab that %s destroys it: all are told, and nothing is left',
  async (role) => {
    const name = newName()
    const pages = [await tab(name), await tab(name), await tab(name)]
    await pages[0]?.evaluate(() => window.app.insert({ id: 'a' }))
    await allHave(pages, ['a'])
    for (const page of pages) await listen(page)
    const leader = await leaderOf(pages)
    const page = role === 'leads' ? leader : (pages.find((page) => page !== leader) as Page)
    await page.evaluate(() => window.app.daybook.destroy())
    expect(await toldOn(page)).toEqual([true])
    for (const other of pages.filter((each) => each !== page)) {
      await expect.poll(() => toldOn(other)).toEqual([false])
      expect(await other.evaluate(() => window.app.rows.status)).toBe('error')
    }
    for (const each of pages) expect(await insertFails(each)).toBe('DAYBOOK_DESTROYED')
    expect(await leftOf(page, name)).toEqual([])
    // The same page opens an empty one; twice does no harm to it.
    await page.evaluate(async () => {
      const { daybook } = window.app.open()
      await daybook.write([{ op: 'put', collection: 'rows', key: 'b', value: { id: 'b' } }])
      await window.app.daybook.destroy()
    })
    const next = await tab(name)
    await allHave([next], ['b'])
    await checkLog(next, ['b'])
    expect(await next.evaluate(() => window.app.errors)).toEqual([])
  },
)

test('a daybook that cannot be opened is destroyed all the same', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  await page.evaluate(() => window.app.daybook.close())
  await page.goto('about:blank')
  // Its files are there, and are no database.
  await page.goto(urlOf('elsewhere'))
  await loaded(page)
  await page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory()
    const folder = (await root.getDirectoryHandle(`daybook-${name}`)) as FileSystemDirectoryHandle &
      AsyncIterable<[string, FileSystemFileHandle]>
    for await (const [, file] of folder) {
      const { size } = await file.getFile()
      const stream = await file.createWritable({ keepExistingData: true })
      await stream.write({
        type: 'write',
        position: 4096,
        data: new Uint8Array(Math.max(0, size - 4096)).fill(7),
      })
      await stream.close()
    }
  }, name)
  await page.goto(urlOf(name))
  await loaded(page)
  expect(
    await page.evaluate(() =>
      window.app.ready().then(
        () => 'opened',
        (error: { code: string }) => error.code,
      ),
    ),
  ).not.toBe('opened')
  await page.evaluate(() => window.app.daybook.destroy())
  expect(await leftOf(page, name)).toEqual([])
  await allHave([await tab(name)], [])
})

test('what a page that was closed meanwhile has left of it goes before it is opened again', async () => {
  const name = newName()
  const page = await tab(name)
  await page.evaluate(() => window.app.insert({ id: 'a' }))
  await page.close()
  const other = await browser.page(urlOf('elsewhere'))
  await loaded(other)
  // As a worker leaves it that ends right after it has begun.
  await other.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory()
    await root.getFileHandle(`daybook-${name}@destroyed`, { create: true })
  }, name)
  await allHave([await tab(name)], [])
})

test.each([
  // The preview server answers with the page of the app, as many do.
  ['is not there', '/nowhere/worker.js', 'text/html'],
  ['is of another origin', 'http://127.0.0.1:1/worker.js', 'http://127.0.0.1:1/worker.js'],
])('a worker whose file %s is the reason, at once', async (_, file, says) => {
  const page = await browser.page(urlOf(newName()))
  await loaded(page)
  const failure = await page.evaluate(
    async ([name, file]) => {
      const { daybook } = window.app.open({
        name,
        openTimeout: 60_000,
        worker: () => new Worker(file, { type: 'module' }),
      })
      const began = performance.now()
      const error = await daybook.ready.then(
        () => undefined,
        (error: { code: string; url?: string; message: string }) => error,
      )
      return {
        code: error?.code,
        url: error?.url,
        message: error?.message,
        // Long before the time is over that is given to another tab.
        isEarly: performance.now() - began < 30_000,
        isItself: Worker.name === 'Worker' && !String(Worker).includes('Proxy'),
      }
    },
    [newName(), file] as const,
  )
  expect(failure).toMatchObject({ code: 'DAYBOOK_WORKER_FAILED', isEarly: true, isItself: true })
  expect(failure.url).toContain(file)
  expect(failure.message).toContain(says)
  expect(failure.message).toContain('worker-src')
})

test('a page whose worker cannot be loaded follows another one that leads', async () => {
  const name = newName()
  const leading = await tab(name)
  const page = await browser.page(urlOf(newName()))
  await loaded(page)
  await page.evaluate(async (name) => {
    const { daybook } = window.app.open({
      name,
      worker: () => new Worker('/nowhere/worker.js', { type: 'module' }),
    })
    await daybook.write([{ op: 'put', collection: 'rows', key: 'a', value: { id: 'a' } }])
  }, name)
  await allHave([leading], ['a'])
})
