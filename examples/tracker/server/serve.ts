/** The issue server and the page, on one port of this machine. */

import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import react from '@vitejs/plugin-react'
import { build, createServer, type InlineConfig, preview } from 'vite'
import { api, type Middleware } from './api.js'
import { IssueStore } from './issue-store.js'
import { startTeammates } from './teammates.js'

export interface ServeOptions {
  /** The folder of this example's sources. */
  readonly root: string
  /** Where daybook was built to. */
  readonly dist: string
  /** The server's own database. */
  readonly filename: string
  /** 0: any that is free. */
  readonly port: number
  /** Where to build the page to, as for production; without it, Vite's development server serves it. */
  readonly outDir?: string
  /** Whether colleagues change things, too. Default true. */
  readonly teammates?: boolean
}

export interface Served {
  readonly url: string
  readonly store: IssueStore
  close(): Promise<void>
}

export async function serve(options: ServeOptions): Promise<Served> {
  const { root, dist, filename, port, outDir, teammates = true } = options
  mkdirSync(dirname(filename), { recursive: true })
  const store = await new IssueStore(filename).open()
  const config: InlineConfig = {
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [react(), middleware(api(store))],
    resolve: { alias: { 'daybook/browser': `${dist}/browser.js` } },
    worker: { format: 'es' },
    optimizeDeps: { exclude: ['wa-sqlite'] },
  }
  const server = await (outDir === undefined ? develop(config, port) : buildAndPreview(config, port, outDir))
  const stopTeammates = teammates ? startTeammates(store) : () => undefined
  return {
    url: server.url,
    store,
    async close() {
      stopTeammates()
      await server.close()
      await store.close()
    },
  }
}

async function develop(config: InlineConfig, port: number) {
  const server = await createServer({ ...config, server: { host: '127.0.0.1', port } })
  await server.listen()
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() }
}

async function buildAndPreview(config: InlineConfig, port: number, outDir: string) {
  const built = { ...config, build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 1000 } }
  await build(built)
  const server = await preview({ ...built, preview: { host: '127.0.0.1', port } })
  return { url: server.resolvedUrls?.local[0] ?? '', close: () => server.close() }
}

const middleware = (handle: Middleware) => ({
  name: 'tracker-api',
  configureServer: ({ middlewares }: { middlewares: { use(handle: Middleware): unknown } }) => {
    middlewares.use(handle)
  },
  configurePreviewServer: ({ middlewares }: { middlewares: { use(handle: Middleware): unknown } }) => {
    middlewares.use(handle)
  },
})
