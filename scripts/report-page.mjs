// Makes the code and the style of the pages that `--html` writes: src/cli/report/page in one file each, in dist, from where
// src/cli/report/html.ts puts them into a page. Part of `npm run build`.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = `${root}src/cli/report/page`

// In this order: what comes later wins.
const STYLES = 'base drawn-colours top strip timeline panels rows values entry diff stats narrow'.split(' ')
const style = STYLES.map((name) => readFileSync(`${page}/style/${name}.css`, 'utf8')).join('\n')

const { output } = await build({
  root,
  configFile: false,
  publicDir: false,
  logLevel: 'error',
  build: {
    write: false,
    target: 'es2022',
    modulePreload: false,
    rollupOptions: { input: `${page}/main.ts`, output: { format: 'es' } },
  },
})
if (output.length !== 1) throw new Error(`One file was to be built, not ${output.length}.`)
const files = { 'page.js': output[0].code, 'page.css': style }
for (const [name, text] of Object.entries(files)) {
  // It stands inside of an element, which it must not end.
  if (/<\/|<!--|\r/.test(text)) throw new Error(`${name} has something that HTML would take for its own.`)
  writeFileSync(`${root}dist/cli/report/${name}`, text)
}
