/** A real Chromium with a profile on disk, and a Vite server that serves the pages of test/browser/app. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build, preview } from 'vite'
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

/** Built as an app is: a page with a development server's socket would have no place in the back/forward cache. */
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
    worker: { format: 'es' },
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
