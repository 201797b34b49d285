/**
 * A long log in little memory. `DAYBOOK_LONG=1000000` makes it as long as the logs that the command is made for; then the
 * heap has 256 MB.
 */

import { spawn } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { put } from '../support/arbitraries.js'
import { newFile } from '../support/files.js'
import { transaction } from '../support/open.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const entries = Number(process.env.DAYBOOK_LONG ?? 100_000)
const heap = entries > 200_000 ? 256 : 64

/** Appends that are asked for in one turn. */
const TURN = 1000

async function longLog(rows: number): Promise<string> {
  const filename = newFile()
  const daybook = openDaybook({ filename, retain: 'all' })
  for (let from = 0; from < entries; from += TURN) {
    const turn = Array.from({ length: TURN }, (_, index) => {
      const number = from + index + 1
      const value = { id: number, title: `Write down what happened on day ${number}`, tags: ['book', 'day'] }
      return daybook.journal.append(transaction('long', number, [put('todos', number % rows, value)]))
    })
    await Promise.all(turn)
    await setImmediate()
  }
  await daybook.close()
  return filename
}

const run = (...args: string[]): Promise<{ code: number | null; stdout: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${heap}`, main, ...args])
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout }))
  })

describe.each([1000, entries])(`${entries} entries over %i rows in a heap of ${heap} MB`, (rows) => {
  test('every verb that reads all of it, or little', { timeout: 1_200_000 }, async () => {
    const file = await longLog(rows)
    const verified = await run('verify', file, '--json')
    expect({ ...verified, stdout: JSON.parse(verified.stdout) }).toMatchObject({
      code: 0,
      stdout: { clean: true, entries: entries + 1, rows },
    })
    for (const args of [['info'], ['log', '--limit', '20'], ['stats'], ['schema'], ['doctor']]) {
      const [name = '', ...others] = args
      expect({ name, code: (await run(name, file, ...others)).code }).toEqual({ name, code: 0 })
    }
    expect((await run('show', file, String(entries / 2))).code).toBe(0)
  })
})
