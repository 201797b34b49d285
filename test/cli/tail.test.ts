/** `daybook tail`: the newest entries, and those that come. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { openDaybook } from '../../src/node.js'
import { copyAsKilled, newFile } from '../support/files.js'
import { daybook, jsonLines } from './command.js'
import { damage, emptyFile, fileOf, foreignFile, put } from './files.js'
import { lineMisfits } from './json-page.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** `daybook tail …`, and what it has printed so far. */
function tail(...args: string[]) {
  const child = spawn(process.execPath, [main, 'tail', ...args])
  started.push(child)
  const told = { child, stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    told.stderr += text
  })
  return told
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20))
}

const seqsOf = (lines: readonly Record<string, unknown>[]): unknown[] => lines.map(({ seq }) => seq)
const HISTORY = Array.from({ length: 15 }, (_, n) => [put(n % 2 ? 'todos' : 'lists', n, { n })])

describe('the newest entries', () => {
  test('are ten, or as many as are asked for, and as docs/cli-json.md says', async () => {
    const file = await fileOf(HISTORY)
    const lines = await jsonLines(['tail', file])
    expect(seqsOf(lines)).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
    expect(lines.flatMap(lineMisfits)).toEqual([])
    expect(seqsOf(await jsonLines(['tail', file, '-n', '2']))).toEqual([15, 16])
    expect(seqsOf(await jsonLines(['tail', file, '--limit', '0']))).toEqual([])
  })

  test('are chosen as log chooses them', async () => {
    const file = await fileOf(HISTORY)
    expect(seqsOf(await jsonLines(['tail', file, '-n', '2', '--collection', 'todos']))).toEqual([13, 15])
    expect(seqsOf(await jsonLines(['tail', file, '--kind', 'term']))).toEqual([1])
  })

  test('are shown as damaged where they are', async () => {
    const file = await fileOf(HISTORY)
    damage(file, 'DELETE FROM daybook_log WHERE seq = 14')
    const { stdout, code } = await daybook(['tail', file, '-n', '3'])
    expect(stdout).toMatch(/damaged: 14: missing\n1:15 .*\n1:16 .*\n$/)
    expect(code).toBe(0)
  })
})

describe('following', () => {
  test('shows what another process writes, each entry once and in order, and Ctrl-C ends it with 0', async () => {
    const filename = await fileOf(HISTORY)
    const told = tail('-f', filename, '-n', '1', '--jsonl', '--collection', 'more')
    const writer = openDaybook({ filename, retain: 'all' })
    await writer.write([put('more', 0, {})])
    await until(() => told.stdout !== '')
    for (let n = 1; n < 30; n++) await writer.write([put(n % 3 ? 'more' : 'todos', n, { n })])
    await until(() => told.stdout.includes('"seq":46'))
    await writer.close()
    told.child.kill('SIGINT')
    expect(await once(told.child, 'exit')).toEqual([0, null])
    const seqs = told.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { seq: number }).seq)
    expect(seqs).toEqual(
      Array.from({ length: 30 }, (_, n) => n).flatMap((n) => (n % 3 || n === 0 ? [17 + n] : [])),
    )
    expect(told.stderr).toBe('')
  })

  test('says when entries were trimmed before it saw them', async () => {
    const filename = await fileOf(HISTORY)
    const told = tail('-f', filename, '-n', '1', '--jsonl')
    await until(() => told.stdout !== '')
    told.child.kill('SIGSTOP')
    const writer = openDaybook({ filename, retain: 'all' })
    for (let n = 0; n < 5; n++) await writer.write([put('todos', n, {})])
    await writer.compact()
    told.child.kill('SIGCONT')
    await until(() => told.stdout.includes('checkpoint'))
    await writer.close()
    expect(told.stderr).toContain('entries 17 to 21 were trimmed before they were seen')
  })

  test('ends with 0 when whoever reads has had enough', async () => {
    const filename = await fileOf(HISTORY)
    const shell = spawn('sh', [
      '-c',
      `"${process.execPath}" "${main}" tail -f "${filename}" -n 1; echo "code $?" >&2`,
    ])
    started.push(shell)
    let stderr = ''
    shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    await once(shell.stdout, 'data')
    shell.stdout.destroy()
    const writer = openDaybook({ filename, retain: 'all' })
    for (let n = 0; !stderr.includes('code'); n++) {
      await writer.write([put('todos', n, {})])
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await writer.close()
    expect(stderr).toBe('code 0\n')
  })
})

describe('a file that is not as it should be', () => {
  test('killed mid-write: all that was committed is shown', async () => {
    const filename = newFile()
    const writer = openDaybook({ filename, retain: 'all' })
    for (const ops of HISTORY) await writer.write(ops)
    const copy = copyAsKilled(filename)
    await writer.close()
    expect(seqsOf(await jsonLines(['tail', copy, '-n', '1']))).toEqual([16])
  })

  test.each([
    ['empty', emptyFile],
    ['of somebody else', foreignFile],
  ])('says what it is when it is %s', async (_, make) => {
    expect(await daybook(['tail', '-f', make()])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^daybook: .*without a daybook\.\n$/),
    })
  })
})
