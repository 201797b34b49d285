import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { appFolder, codeBlocks, runCode } from './run-code.js'

const page = readFileSync(new URL('../../docs/logging-out.md', import.meta.url), 'utf8')

test('the example of logging out runs, and leaves an empty daybook', () => {
  const app = appFolder()
  try {
    const [code, ...others] = codeBlocks(page)
    expect(others).toEqual([])
    expect(
      runCode(app.folder, code as string)
        .trim()
        .split('\n'),
    ).toEqual(['logged out', '0'])
  } finally {
    app.remove()
  }
})
