/**
 * The demo of the browser: an issue tracker in any number of tabs.
 *
 *     npm run demo:web
 *     npm run demo:web -- [--port 5173] [--fresh] [--alone]
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { serve } from './serve.js'

const usage = `Usage: npm run demo:web -- [--port N] [--fresh] [--alone]

  --port N   where to serve (5173)
  --fresh    forget what was on the server
  --alone    without the colleagues who change an issue every few seconds
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '5173' },
    fresh: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(usage)
} else {
  // Seen from where this was compiled to.
  const root = fileURLToPath(new URL('../../../..', import.meta.url))
  const folder = join(root, '.demo/tracker')
  if (values.fresh) rmSync(folder, { recursive: true, force: true })
  const { url } = await serve({
    root: join(root, 'examples/tracker'),
    dist: join(root, 'dist'),
    filename: join(folder, 'server.db'),
    port: Number(values.port),
    teammates: !values.alone,
  })
  console.log(`
  The tracker is at       ${url}
  Four tabs in one page   ${url}?split=4

  Open it in several tabs. Ctrl+C ends it; what you did stays, here and there.
`)
}
