/** The example of docs/values.md, as an app runs it. */

import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { appFolder, codeBlocks, runCode } from './run-code.js'

const page = readFileSync(new URL('../../docs/values.md', import.meta.url), 'utf8')
const decimals = fileURLToPath(new URL('../../node_modules/decimal.js', import.meta.url))

test('the example prints what it says', () => {
  const app = appFolder()
  try {
    symlinkSync(decimals, join(app.folder, 'node_modules/decimal.js'))
    const [example, ...others] = codeBlocks(page)
    expect(others).toEqual([])
    expect(runCode(app.folder, example as string)).toBe('0.6\n')
  } finally {
    app.remove()
  }
})
