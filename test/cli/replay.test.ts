/** `daybook replay`: the database as it was, and a walk through the log. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { newFile } from '../support/files.js'
import { sql } from '../support/open.js'
import { daybook, json } from './command.js'
import { damage, emptyFile, fileOf, foreignFile, patch, put } from './files.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const HISTORY = [
  [put('todos', 1, { title: 'a', due: new Date(0) }), put('todos', '1', { title: 'text' })],
  [
    patch('todos', 1, { title: 'b' }),
    { op: 'state', collection: 'todos', name: 'token', value: 5n } as const,
  ],
  // More than one part.
  [1, 2, 3].map((key) => put('large', key, { text: String(key).repeat(300_000) })),
  [
    { op: 'truncate', collection: 'large' } as const,
    { op: 'delete', collection: 'todos', key: '1' } as const,
  ],
]

const logOf = (file: string, through: number) => [
  sql(file, 'SELECT * FROM daybook_log WHERE seq <= ? ORDER BY seq', through),
  sql(file, 'SELECT * FROM daybook_log_parts WHERE seq <= ? ORDER BY seq, part', through),
]

const nextTo = (file: string): string[] =>
  readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)))

describe('a new file', () => {
  test('has the same entries through each position, verifies, and has the rows of that moment', async () => {
    const file = await fileOf(HISTORY)
    const before = readFileSync(file)
    for (let seq = 1; seq <= 5; seq++) {
      const then = newFile()
      const { code, stderr } = await daybook(['replay', file, '--to', String(seq), '-o', then])
      expect(stderr).toContain(`as it was at 1:${seq}`)
      expect(code).toBe(0)
      expect(nextTo(then)).toEqual([basename(then)])
      expect(logOf(then, seq)).toEqual(logOf(file, seq))
      const { rows } = await json<{ rows: unknown[] }>(['state', then, '--meta'])
      expect(rows).toEqual(
        (await json<{ rows: unknown[] }>(['state', file, '--at', String(seq), '--meta'])).rows,
      )
      const opened = openDaybook({ filename: then, retain: 'all' })
      expect(await opened.verify()).toMatchObject({ clean: true })
      // It is a daybook like any other one.
      await opened.write([put('todos', 9, {})])
      expect(await opened.head()).toEqual({ term: 1, seq: seq + 1 })
      await opened.close()
    }
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  test('overwrites nothing', async () => {
    const file = await fileOf(HISTORY)
    for (const there of [file, emptyFile()]) {
      const before = readFileSync(there)
      const { code, stderr } = await daybook(['replay', file, '-o', there])
      expect(code).toBe(2)
      expect(stderr).toContain('There is a file at')
      expect(readFileSync(there).equals(before)).toBe(true)
    }
  })

  test('is not made of a trimmed log, and the refusal says what can be had', async () => {
    const file = await fileOf([...HISTORY, 'compact', [put('todos', 5, {})]])
    const then = newFile()
    const { code, stderr } = await daybook(['replay', file, '-o', then])
    expect(code).toBe(2)
    expect(stderr).toMatch(/begins at 1:6: .*trimmed.*daybook state .* --at/)
    expect(existsSync(then)).toBe(false)
  })

  test('is not made through a damaged entry, and the refusal says through which one it can be', async () => {
    const file = await fileOf(HISTORY)
    damage(file, "UPDATE daybook_log SET body = '[]' WHERE seq = 3")
    const then = newFile()
    const { code, stderr } = await daybook(['replay', file, '-o', then])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^daybook: Entry 3 is damaged .*--to 2 makes/)
    expect(nextTo(then)).toEqual([])
    expect((await daybook(['replay', file, '--to', '2', '-o', then])).code).toBe(0)
  })

  test('is made of a file that another process is writing', async () => {
    const filename = await fileOf(HISTORY)
    const writer = openDaybook({ filename, retain: 'all' })
    let isOver = false
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        await writer.write([put('more', n, { n })])
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    })()
    const then = newFile()
    const { code, stderr } = await daybook(['replay', filename, '-o', then])
    isOver = true
    await writing
    await writer.close()
    expect({ code, stderr }).toMatchObject({ code: 0 })
    const opened = openDaybook({ filename: then, retain: 'all' })
    expect(await opened.verify()).toMatchObject({ clean: true })
    await opened.close()
  })

  test.each([
    ['empty', emptyFile],
    ['of somebody else', foreignFile],
  ])('is not made of a file that is %s', async (_, make) => {
    const then = newFile()
    expect(await daybook(['replay', make(), '-o', then])).toMatchObject({ code: 1 })
    expect(existsSync(then)).toBe(false)
  })
})

describe('--step', () => {
  /** What a terminal shows after each key. */
  async function walk(file: string, keys: readonly string[], ...more: string[]) {
    const command = ['replay', file, '--step', ...more].map((word) => `'${word}'`).join(' ')
    const child = spawn('script', [
      '-qec',
      `stty cols 80 rows 24; '${process.execPath}' '${main}' ${command}`,
      '/dev/null',
    ])
    let shown = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text
    })
    const screens: string[] = []
    for (const key of keys) {
      while (!/q quit/.test(shown)) await new Promise((resolve) => setTimeout(resolve, 20))
      screens.push(shown)
      shown = ''
      child.stdin.write(key)
    }
    const [code] = await once(child, 'exit')
    return { screens, code }
  }

  test('goes to the next entry and back, shows what each changed, and quits with 0', async () => {
    const file = await fileOf(HISTORY.slice(0, 2))
    const { screens, code } = await walk(file, ['n', 'n', '\x1b[D', 'G', 'q'])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal gets
    const plain = screens.map((screen) => screen.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, ''))
    expect(plain[0]).toContain('term 1 begins')
    expect(plain[1]).toContain('+ todos 1')
    expect(plain[2]).toContain(`title  'a' → 'b'`)
    expect(plain[3]).toContain('+ todos 1')
    expect(plain[4]).toContain('3 of 3')
    expect(code).toBe(0)
  })

  test('ends with Ctrl-C, begins where it is told, and shows damage as such', async () => {
    const file = await fileOf(HISTORY)
    damage(file, 'DELETE FROM daybook_log WHERE seq = 3')
    const { screens, code } = await walk(file, ['n', '\x03'], '--from', '2', '--to', '4')
    expect(screens[0]).toContain('todos 1')
    expect(screens[1]).toContain('Entry 3 cannot be read: missing')
    expect(code).toBe(0)
  })

  test('wants a terminal', async () => {
    const file = newFile()
    copyFileSync(await fileOf(HISTORY), file)
    expect(await daybook(['replay', file, '--step'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs a terminal'),
    })
  })
})
