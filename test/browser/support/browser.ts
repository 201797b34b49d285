/** A real Chromium with a profile on disk, and a Vite server that serves the pages of test/browser/app. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { createServer, type ViteDevServer } from 'vite'
import { findChromium } from '../../../scripts/chromium.mjs'

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

export async function serveApp(): Promise<{ url: string; close(): Promise<void> }> {
  const server: ViteDevServer = await createServer({
    root: join(root, 'test/browser/app'),
    configFile: false,
    logLevel: 'error',
    cacheDir: mkdtempSync(join(tmpdir(), 'daybook-vite-')),
    resolve: {
      alias: { 'daybook/browser': join(root, 'dist/browser.js'), 'daybook-dist': join(root, 'dist') },
    },
    optimizeDeps: {
      include: ['@tanstack/db', 'kysely'],
      exclude: ['wa-sqlite', '@journeyapps/wa-sqlite'],
    },
    worker: { format: 'es' },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null, fs: { allow: [root] } },
  })
  await server.listen()
  const address = server.httpServer?.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return { url: `http://127.0.0.1:${address.port}/`, close: () => server.close() }
}

export class Browser {
  readonly #profile = mkdtempSync(join(tmpdir(), 'daybook-profile-'))
  #context: BrowserContext | undefined

  async start(): Promise<this> {
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: findChromium(),
      headless: true,
      args: ARGS,
      // What a user's browser has, and where a leader's lock would stay.
      ignoreDefaultArgs: ['--disable-back-forward-cache'],
    })
    return this
  }

  get context(): BrowserContext {
    if (this.#context === undefined) throw new Error('the browser is not running')
    return this.#context
  }

  async page(url: string): Promise<Page> {
    const page = await this.context.newPage()
    await page.goto(url)
    return page
  }

  /** Ends the browser; the profile stays. */
  async stop(): Promise<void> {
    await this.#context?.close()
    this.#context = undefined
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
