/** A daybook is destroyed while other processes have it open, and by a process that is killed meanwhile. */

import { existsSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, printedSeed, randomFrom, rowsOf, withDaybook } from './files.js'

interface Line {
  readonly opened?: true
  readonly destroyed?: true
  readonly told?: { readonly here: boolean; readonly status: string }
  readonly failure?: string
  readonly kept?: string
  readonly life?: number
}

const ROWS = 300

const fill = (file: string): Promise<unknown> =>
  withDaybook(file, (daybook) =>
    Promise.all(
      Array.from({ length: ROWS }, (_, key) =>
        daybook.write([{ op: 'put', collection: 'rows', key, value: { id: key, text: 'x'.repeat(500) } }]),
      ),
    ),
  )

const keysIn = (file: string): Promise<(string | number)[]> =>
  withDaybook(file, async (daybook) => [...(await rowsOf(daybook, 'rows')).keys()])

it('is told to another process, whose writes are refused and which can open an empty one', async () => {
  const file = newFile()
  await fill(file)
  const other = spawnChild<Line>('destroy', file, 'follow')
  await other.line(({ opened }) => opened === true)
  const destroying = spawnChild<Line>('destroy', file, 'destroy')
  expect((await destroying.ended).code).toBe(0)
  const { told } = await other.line((line) => line.told !== undefined)
  expect(told).toEqual({ here: false, status: 'error' })
  expect(existsSync(file)).toBe(false)
  other.send('go on')
  expect((await other.line(({ failure }) => failure !== undefined)).failure).toBe('DAYBOOK_DESTROYED')
  expect((await other.ended).code).toBe(0)
  expect(await keysIn(file)).toEqual(['next'])
})

it('leaves the old daybook or none when the process is killed', async () => {
  const random = randomFrom(printedSeed('killed while it destroys'))
  for (let round = 0; round < 6; round++) {
    const file = newFile()
    await fill(file)
    writeFileSync(`${file}.salvaged`, 'what a salvage has left')
    const child = spawnChild<Line>('destroy', file, 'destroy')
    await child.line(({ opened }) => opened === true)
    await pause(random(25))
    child.kill()
    await child.ended
    const isDone = child.lines.some(({ destroyed }) => destroyed === true)
    const keys = await keysIn(file)
    expect([0, ROWS]).toContain(keys.length)
    if (isDone) expect(keys).toEqual([])
    await withDaybook(file, async (daybook) => expect((await daybook.verify()).clean).toBe(true))
  }
})

it('loses nothing that a process has written since to the daybook that came after', async () => {
  const file = newFile()
  const writer = spawnChild<Line>('destroy', file, 'write')
  for (let life = 0; life < 3; life++) {
    await writer.line((line) => line.kept !== undefined && line.life === life)
    const destroying = spawnChild<Line>('destroy', file, 'destroy')
    expect((await destroying.ended).code).toBe(0)
  }
  const { life: last } = await writer.line((line) => line.kept !== undefined && line.life === 3)
  writer.send('end')
  expect((await writer.ended).code).toBe(0)
  const kept = writer.lines.flatMap(({ kept, life }) => (life === last ? [kept] : []))
  expect((await keysIn(file)).sort()).toEqual(kept.sort())
})
