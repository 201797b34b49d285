/** Whenever an app with an Electric collection is killed, rows and token on disk are those of one moment of the server. */

import { expect, test } from 'vitest'
import { eventually, newFile, open, rowsIn } from '../runtime/fixture.js'
import { ElectricServer, type ShapeRow } from '../support/electric-server.js'
import { copyAsKilled } from '../support/files.js'
import { electricTodos, tokenOf } from './electric.js'

const sorted = (rows: readonly unknown[]): string =>
  JSON.stringify((rows as ShapeRow[]).map(({ id, title }) => [id, title]).sort())

test('rows and token fit at every kill, and each survivor catches up', async () => {
  const server = await ElectricServer.start({ page: 3 })
  /** What the server had, by the handle of the shape and the offset. */
  const versions = new Map<string, string>()
  let handle = 1
  const note = (): void => {
    const { offset, rows } = server.state()
    versions.set(`handle-${handle} ${offset}`, sorted(rows))
  }
  for (let n = 0; n < 30; n++) server.change('insert', { id: `row ${n}`, title: 'first' })
  note()
  const file = newFile()
  const writer = open(file)
  await writer.ready
  const copies: string[] = []
  const killUntil = async (holds: () => boolean): Promise<void> => {
    await eventually(() => {
      copies.push(copyAsKilled(file))
      return holds()
    })
  }
  const todos = electricTodos(writer, server)
  todos.startSyncImmediate()
  await killUntil(() => todos.status === 'ready')
  for (let n = 0; n < 12; n++) {
    // More than one answer holds, so that the client sees the middle of it.
    for (let part = 0; part < 5; part++) {
      const id = `row ${(n * 5 + part) % 30}`
      if (part === 4) server.change('delete', { id, title: null })
      else if (server.state().rows.some((row) => row.id === id))
        server.change('update', { id, title: `turn ${n}` })
      else server.change('insert', { id, title: `again ${n}` })
      note()
    }
    if (n % 5 === 4) {
      server.rotate()
      handle++
      note()
    }
    const { rows } = server.state()
    await killUntil(() => sorted(rowsIn(todos)) === sorted(rows))
  }
  await todos.cleanup()
  const kinds = new Set<string>()
  for (const copy of new Set(copies)) {
    const survivor = open(copy)
    const token = await tokenOf(survivor)
    const { rows } = await survivor.journal.query('todos')
    const found = sorted(rows.map(({ value }) => JSON.parse(value)))
    kinds.add(token?.kind ?? 'none')
    if (token === undefined) expect(found).toBe('[]')
    else if (token.kind === 'resume') expect(found).toBe(versions.get(`${token.handle} ${token.offset}`))
    else expect([...versions.values()]).toContain(found)
    const again = electricTodos(survivor, server)
    await again.preload()
    const { rows: now } = server.state()
    await eventually(() => sorted(rowsIn(again)) === sorted(now), 'catching up')
    expect((await survivor.verify()).clean).toBe(true)
    await again.cleanup()
    await survivor.close()
  }
  expect(kinds).toContain('resume')
  expect(copies.length).toBeGreaterThan(20)
})
