/** The verbs that check and mend: what they print, what they change, and that they print what docs/cli-json.md says. */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeFile } from '../support/files.js'
import { sql } from '../support/open.js'
import { makeAppDb } from './app-db.js'
import { daybook, json, main } from './command.js'
import { copyOf } from './damage/sample.js'

const page = readFileSync(new URL('../../docs/cli-json.md', import.meta.url), 'utf8')
let folder = ''
let file = ''

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-checks-'))
  file = await makeAppDb(folder)
})

afterAll(() => rmSync(folder, { recursive: true }))

/** The fields that the page has under a heading, and which of them are always there. */
function documented(heading: string): { all: string[]; always: string[] } {
  const section = page.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? ''
  const fields = [...section.matchAll(/^\| `(\w+)`(\?)? \|/gm)]
  return {
    all: fields.map(([, name]) => name as string),
    always: fields.filter(([, , optional]) => optional === undefined).map(([, name]) => name as string),
  }
}

function expectShape(heading: string, value: object): void {
  const { all, always } = documented(heading)
  const printed = Object.keys(value)
  expect({ heading, undocumented: printed.filter((name) => !all.includes(name)) }).toEqual({
    heading,
    undocumented: [],
  })
  expect({ heading, missing: always.filter((name) => !printed.includes(name)) }).toEqual({
    heading,
    missing: [],
  })
}

describe('--json prints what docs/cli-json.md says', () => {
  const lists: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    verify: {},
    doctor: { locks: 'lock' },
    stats: { kinds: 'amount', hours: 'amount', largest: 'large-entry', hotKeys: 'hot-key' },
    schema: { collections: 'collection-schema' },
    rebuild: { collections: 'rebuilt' },
    compact: {},
  }
  test.each(Object.entries(lists))('%s', async (name, shapes) => {
    const answer = await json([name, file])
    expectShape(name, answer)
    for (const [field, heading] of Object.entries(shapes)) {
      for (const item of (answer[field] ?? []) as object[]) expectShape(heading, item)
    }
  })

  test('a finding', async () => {
    const damaged = copyOf(file)
    sql(damaged, "UPDATE rows_todos SET value = '{}' WHERE key = '1'")
    const { code, stdout } = await daybook(['verify', damaged, '--json'])
    expect(code).toBe(3)
    const { findings } = JSON.parse(stdout) as { findings: object[] }
    expect(findings).toMatchObject([{ invariant: 'M2', collection: 'todos' }])
    for (const finding of findings) expectShape('finding', finding)
  })
})

describe('rebuild and compact', () => {
  test('change nothing without --write', async () => {
    const before = readFileSync(file)
    for (const name of ['rebuild', 'compact']) {
      const { code, stderr } = await daybook([name, file])
      expect({ code, stderr }).toEqual({ code: 0, stderr: 'Nothing was changed: add --write to do it.\n' })
    }
    expect(readFileSync(file)).toEqual(before)
  })

  test('rebuild --write mends rows', async () => {
    const damaged = copyOf(file)
    sql(damaged, "UPDATE rows_todos SET value = '{}' WHERE key = '1'")
    expect((await daybook(['rebuild', damaged, '--write'])).code).toBe(0)
    expect((await daybook(['verify', damaged])).code).toBe(0)
    removeFile(damaged)
  })

  test('compact --write leaves a checkpoint and the rows, and then nothing can be rebuilt', async () => {
    const copy = copyOf(file)
    expect((await daybook(['compact', copy, '--write'])).code).toBe(0)
    expect(sql(copy, 'SELECT kind FROM daybook_log')).toEqual([{ kind: 'checkpoint' }])
    expect(sql(copy, 'SELECT key FROM rows_todos')).toHaveLength(2)
    expect((await daybook(['verify', copy])).code).toBe(0)
    expect((await daybook(['rebuild', copy, '--write'])).code).toBe(1)
  })

  test('a file that an app keeps locked is busy', async () => {
    const copy = copyOf(file)
    const app = new Database(copy)
    app.exec('BEGIN IMMEDIATE')
    expect((await daybook(['rebuild', copy, '--write'])).code).toBe(4)
    app.exec('ROLLBACK')
    app.close()
  })

  test('a log that is damaged is not rebuilt from, and the rows stay', async () => {
    const copy = copyOf(file)
    sql(copy, 'DROP TRIGGER daybook_log_immutable')
    sql(copy, "UPDATE daybook_log SET body = '[]' WHERE seq = 2")
    const { code, stderr } = await daybook(['rebuild', copy, '--write'])
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Entry 2') })
    expect(sql(copy, 'SELECT key FROM rows_todos')).toHaveLength(2)
  })
})

test('doctor names who holds locks', async () => {
  const copy = copyOf(file)
  const app = new Database(copy)
  app.exec('BEGIN IMMEDIATE')
  const { locks } = await json<{ locks?: { pid: number }[] }>(['doctor', copy])
  app.exec('ROLLBACK')
  app.close()
  if (locks !== undefined) expect(locks.map(({ pid }) => pid)).toContain(process.pid)
})

test('bash completes verbs, options and choices', async () => {
  symlinkSync(main, join(folder, 'daybook'))
  const script = `
    _get_comp_words_by_ref() { cur="\${COMP_WORDS[COMP_CWORD]}"; prev="\${COMP_WORDS[COMP_CWORD-1]}"; words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
    source <(daybook completion bash)
    handler=$(complete -p daybook | sed -E 's/.*-F ([^ ]+).*/\\1/')
    ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}; COMPREPLY=(); $handler; echo "\${COMPREPLY[@]}"; }
    ask daybook ver
    ask daybook verify --d
    ask daybook completion ""`
  const stdout = await new Promise<string>((resolve) => {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` }
    const shell = spawn('bash', ['--norc', '-c', script], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    let text = ''
    shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    shell.on('close', () => resolve(text))
  })
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.trim()),
  ).toEqual(['verify', '--deep', 'bash zsh fish'])
})
