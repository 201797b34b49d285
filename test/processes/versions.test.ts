/** Two versions of an app on one file, and a migration that is killed. */

import { expect, it } from 'vitest'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, printedSeed, randomFrom, rowsOf, withDaybook } from './files.js'

type Line =
  | { migrating: number }
  | { ready: string; versions: number[]; size: number }
  | { kept: string }
  | { refused: string; name: string }
  | { done: string }

interface Row {
  id: string
  v: number
}

/** Enough for a migration that takes a while. */
const ROWS = 20_000
const ROUNDS = 12

it('a migration that is killed has happened whole or not at all, and the next app does it', async () => {
  const random = randomFrom(printedSeed('versions'))
  const file = newFile()
  await withDaybook(file, (daybook) =>
    daybook.write(
      Array.from({ length: ROWS }, (_, id) => ({
        op: 'put',
        collection: 'rows',
        key: `row ${id}`,
        value: { id: `row ${id}`, v: 1 },
      })),
    ),
  )
  let version = 1
  let interrupted = 0
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawnChild<Line>('version', file, 'killed', String(version + 1), '0')
    await child.line((line) => 'migrating' in line)
    await pause(random(120))
    child.kill()
    expect((await child.ended).stderr).toBe('')
    await withDaybook(file, async (daybook) => {
      const rows = await rowsOf<Row>(daybook, 'rows')
      expect(rows.size).toBe(ROWS)
      const versions = new Set([...rows.values()].map(({ v }) => v))
      expect(versions.size).toBe(1)
      const [found] = [...versions]
      expect([version, version + 1]).toContain(found)
      expect(await daybook.collections()).toMatchObject([{ id: 'rows', schemaVersion: found }])
      if (found === version) interrupted++
      version = found as number
    })
  }
  const last = spawnChild<Line>('version', file, 'last', String(version + 1), '1')
  await last.line((line) => 'done' in line)
  expect(last.lines).toContainEqual({ ready: 'last', versions: [version + 1], size: ROWS })
  await last.ended
  await withDaybook(file, async (daybook) => expect((await daybook.verify()).findings).toEqual([]))
  console.info(`versions: ${interrupted} of ${ROUNDS} migrations interrupted`)
})

it('old apps that write while new ones open: nothing acknowledged is lost, nothing new is overwritten', async () => {
  const file = newFile()
  const old = ['old1', 'old2'].map((name) => spawnChild<Line>('version', file, name, '1', '1000000'))
  for (const child of old) await child.line((line) => 'kept' in line && line.kept.endsWith('/40'))
  // Two at once: one migrates, the other finds it done.
  const newer = ['new1', 'new2'].map((name) => spawnChild<Line>('version', file, name, '2', '50'))
  for (const child of [...old, ...newer]) await child.line((line) => 'done' in line)
  for (const child of [...old, ...newer]) expect((await child.ended).stderr).toBe('')

  for (const { lines } of old) {
    expect(lines.filter((line) => 'refused' in line)).toEqual([
      { refused: 'DAYBOOK_SCHEMA_VERSION', name: 'SchemaVersionError' },
    ])
  }
  for (const { lines } of newer) {
    expect(lines).not.toContainEqual(expect.objectContaining({ refused: expect.anything() }))
    expect(lines.filter((line) => 'ready' in line)).toMatchObject([{ versions: [2] }])
  }
  const kept = [...old, ...newer].flatMap(({ lines }) =>
    lines.flatMap((line) => ('kept' in line ? [line.kept] : [])),
  )
  await withDaybook(file, async (daybook) => {
    const rows = await rowsOf<Row>(daybook, 'rows')
    expect([...rows.keys()].sort()).toEqual([...kept].sort())
    expect(new Set([...rows.values()].map(({ v }) => v))).toEqual(new Set([2]))
    const migrations: string[] = []
    for await (const { kind } of daybook.entries({ collection: 'rows' }))
      if (kind === 'schema') migrations.push(kind)
    expect(migrations).toHaveLength(1)
    expect((await daybook.verify()).findings).toEqual([])
  })
})
