import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appFolder, codeBlocks, runCode } from './run-code.js'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the examples of the README run, one after the other, in one folder', () => {
  const app = appFolder()
  try {
    const [first, transaction, log, ...others] = codeBlocks(readme)
    expect(others).toEqual([])
    runCode(app.folder, first as string)
    runCode(app.folder, transaction as string)
    const printed = runCode(app.folder, log as string)
    expect(printed).toContain('Buy milk')
    expect(printed).toContain('Bake bread')
    expect(printed).toContain('true []')
    const sql = /sqlite3 app\.db "(.*)"/.exec(readme)?.[1] as string
    const script = `console.log(new (require('better-sqlite3'))('${join(app.folder, 'app.db')}').prepare(${JSON.stringify(sql)}).all().length)`
    expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }).trim()).toBe('2')
  } finally {
    app.remove()
  }
})
