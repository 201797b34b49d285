/** The lock of node:sqlite decides like that of better-sqlite3 (test/processes/sync-owner.test.ts has the whole of it). */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Daybook, openDaybook } from '../../src/node-sqlite.js'
import { type Child, spawnChild } from '../children/spawn.js'
import { contendFor } from '../support/contend-for.js'

type Line = { ready: string } | { owner: string; claim: number } | { appended: string } | { refused: string }

const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
  DatabaseSync: new (
    filename: string,
  ) => { prepare(sql: string): never; close(): void; isTransaction: boolean }
}

let folder: string
let file: string
const daybooks: Daybook[] = []
const children: Child<Line>[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'daybook-node-sqlite-'))
  file = join(folder, 'daybook.db')
})

afterEach(async () => {
  await Promise.all(daybooks.splice(0).map((daybook) => daybook.close()))
  for (const child of children) child.kill()
  await Promise.all(children.splice(0).map(({ ended }) => ended))
  rmSync(folder, { recursive: true, force: true })
})

async function contender(name: string): Promise<Child<Line>> {
  const child = spawnChild<Line>('contend', 'node-sqlite', file, name, 'issues')
  children.push(child)
  await child.line((line) => 'ready' in line)
  return child
}

const claimAfter = async (claim: number, child: Child<Line>): Promise<number> => {
  const line = await child.line((line) => 'owner' in line && line.claim > claim)
  return (line as { claim: number }).claim
}

function contend(daybook: Daybook) {
  daybooks.push(daybook)
  return contendFor(daybook, 'issues', { onOwner: () => undefined, onLost: () => undefined })
}

it('a process that is killed is followed by another one, under a newer claim', async () => {
  const a = await contender('a')
  const first = await claimAfter(0, a)
  const b = await contender('b')
  const c = await contender('c')
  a.kill()
  const [second, owner] = await Promise.race(
    [b, c].map(async (child) => [await claimAfter(first, child), child] as const),
  )
  owner.send({ append: first, collection: 'issues' })
  owner.send({ append: second, collection: 'issues' })
  await owner.line((line) => 'appended' in line)
  expect(owner.lines.slice(-2)).toEqual([
    { refused: expect.any(String), code: 'DAYBOOK_DEPOSED' },
    { appended: expect.any(String), seq: second + 1 },
  ])
  expect([...b.lines, ...c.lines].filter((line) => 'owner' in line)).toHaveLength(1)
})

it('two handles in one process have one owner, also when the app gave one of them', async () => {
  const first = contend(openDaybook({ filename: file }))
  await expect.poll(() => first.state, { timeout: 30_000 }).toBe('owner')
  const database = new DatabaseSync(file)
  const second = contend(openDaybook({ database }))
  const child = await contender('child')
  expect(child.lines).toEqual([{ ready: 'child' }])
  expect(second.state).toBe('waiting')
  await first.stop()
  await expect
    .poll(() => second.state === 'owner' || child.lines.some((line) => 'owner' in line), { timeout: 30_000 })
    .toBe(true)
  child.kill()
  await expect.poll(() => second.state, { timeout: 30_000 }).toBe('owner')
  await daybooks[1]?.close()
  expect(readdirSync(folder)).not.toContain('daybook.db-locks')
  database.close()
})
