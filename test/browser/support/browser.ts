/** A real Chromium with a profile on disk, and a Vite server that serves the pages of test/browser/app. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page, type Browser as PlaywrightBrowser } from 'playwright-core'
import { build, preview } from 'vite'
import { findChromium } from '../../../scripts/browsers.mjs'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** Without a sandbox, as root in a container; and without what Chromium would fetch from outside. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Built as an app is, without any settings for daybook (examples/tracker has some): a page with a development server's socket would have no place in the back/forward cache. */
export async function serveApp(): Promise<{ url: string; close(): Promise<void> }> {
  const outDir = mkdtempSync(join(tmpdir(), 'daybook-app-'))
  const shared = {
    root: join(root, 'test/browser/app'),
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
  } as const
  await build({
    ...shared,
    resolve: {
      alias: { 'daybook/browser': join(root, 'dist/browser.js'), 'daybook-dist': join(root, 'dist') },
    },
  })
  const server = await preview({ ...shared, preview: { host: '127.0.0.1', port: 0 } })
  const url = server.resolvedUrls?.local[0]
  if (url === undefined) throw new Error('the server has no address')
  return {
    url,
    async close() {
      await server.close()
      rmSync(outDir, { recursive: true, force: true })
    },
  }
}

/** A browser process on a profile of its own, which outlives it. */
export class Browser {
  readonly #profile = mkdtempSync(join(tmpdir(), 'daybook-profile-'))
  #process: ChildProcess | undefined
  #browser: PlaywrightBrowser | undefined

  async start(): Promise<this> {
    const args = [
      '--headless',
      ...ARGS,
      '--remote-debugging-port=0',
      `--user-data-dir=${this.#profile}`,
      'about:blank',
    ]
    // What a process that was killed leaves behind would be taken for a running one.
    for (const file of ['DevToolsActivePort', 'SingletonLock', 'SingletonCookie', 'SingletonSocket']) {
      rmSync(join(this.#profile, file), { force: true })
    }
    this.#process = spawn(findChromium(), args, { detached: true, stdio: 'ignore' })
    this.#browser = await chromium.connectOverCDP(`http://127.0.0.1:${await this.#port()}`)
    return this
  }

  get context(): BrowserContext {
    // The one that keeps its data on disk; those that Playwright makes keep it in memory.
    const context = this.#browser?.contexts()[0]
    if (context === undefined) throw new Error('the browser is not running')
    return context
  }

  async page(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  /** SIGKILL, to every process of it. */
  async kill(): Promise<void> {
    const { pid } = this.#process ?? {}
    if (pid === undefined) return
    const ended = new Promise((resolve) => this.#process?.once('exit', resolve))
    process.kill(-pid, 'SIGKILL')
    await ended
    await this.#browser?.close().catch(() => undefined)
    this.#process = undefined
  }

  /** The browser and its profile go. */
  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  async #port(): Promise<string> {
    const file = join(this.#profile, 'DevToolsActivePort')
    for (let tries = 0; tries < 600; tries++) {
      const [port] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
      if (port !== undefined && port !== '') return port
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('Chromium does not start.')
  }
}
