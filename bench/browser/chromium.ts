/** The pages of bench/browser/page in a real Chromium, with a profile on disk. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build, preview } from 'vite'
import type { PathOf } from '../case.js'
import { ROOT } from '../files.js'
import { loadPeer } from '../stores/peer.js'

export type Side = 'daybook' | 'peer' | 'bare'

export class BenchBrowser {
  readonly #context: BrowserContext
  readonly #server: Awaited<ReturnType<typeof preview>>
  #names = 0

  private constructor(context: BrowserContext, server: Awaited<ReturnType<typeof preview>>) {
    this.#context = context
    this.#server = server
  }

  /** Builds the pages, as an app is built, and starts the browser. */
  static async start(path: PathOf): Promise<BenchBrowser> {
    await loadPeer()
    const shared = {
      root: join(ROOT, 'bench/browser/page'),
      configFile: false,
      logLevel: 'error',
      build: { outDir: path('pages'), emptyOutDir: true, target: 'es2022' },
    } as const
    const alias = {
      'daybook/browser': join(ROOT, 'dist/browser.js'),
      'daybook-dist': join(ROOT, 'dist'),
    }
    await build({ ...shared, resolve: { alias }, worker: { format: 'es' } })
    const server = await preview({ ...shared, preview: { host: '127.0.0.1', port: 0 } })
    const { findChromium } = (await import(
      pathToFileURL(join(ROOT, 'scripts/browsers.mjs')).href
    )) as typeof import('../../scripts/browsers.mjs')
    const context = await chromium.launchPersistentContext(path('profile'), {
      executablePath: findChromium(),
      args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    })
    return new BenchBrowser(context, server)
  }

  /** A name that no other round has. */
  newName(): string {
    return `bench-${++this.#names}`
  }

  /** A tab with one side; nothing is open in it. */
  async tab(side: Side, name: string): Promise<Page> {
    const page = await this.#context.newPage()
    const url = this.#server.resolvedUrls?.local[0] ?? ''
    await page.goto(`${url}?${new URLSearchParams({ side, name })}`)
    await page.waitForFunction('window.side !== undefined')
    return page
  }

  async stop(): Promise<void> {
    await this.#context.close()
    await this.#server.close()
  }
}
