import { describe, expect, it } from 'vitest'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, rowsOf, withDaybook } from './files.js'

type Line = { ready: string } | { written: string } | { sees: { id: string }[] }

async function writeTogether(count: number, rowsEach: number): Promise<void> {
  const file = newFile()
  await withDaybook(file, (daybook) =>
    daybook.write([{ op: 'put', collection: 'rows', key: 'shared', value: { id: 'shared' } }]),
  )
  const writers = Array.from({ length: count }, (_, index) => `w${index}`)
  const children = writers.map((name) => spawnChild<Line>('writer', file, name, String(rowsEach)))
  await Promise.all(children.map((child) => child.line((line) => 'ready' in line)))
  const total = count * rowsEach + 1
  for (const child of children) child.send({ writers, total })
  const ends = await Promise.all(children.map((child) => child.ended))
  expect(ends).toEqual(writers.map(() => ({ code: 0, signal: null, stderr: '' })))

  const expected = writers
    .flatMap((by) =>
      Array.from({ length: rowsEach }, (_, index) => ({ id: `${by}/${index + 1}`, by, number: index + 1 })),
    )
    .concat({ id: 'shared', ...Object.fromEntries(writers.map((writer) => [writer, rowsEach])) } as never)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  for (const child of children) expect(child.lines.at(-1)).toEqual({ sees: expected })

  await withDaybook(file, async (daybook) => {
    const rows = await rowsOf<{ id: string }>(daybook, 'rows')
    expect([...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(expected)
    const { clean, findings, entriesChecked } = await daybook.verify()
    expect({ clean, findings }).toEqual({ clean: true, findings: [] })
    // The first entry, the shared row, and for each row an insert and an update: nothing lost, nothing doubled.
    expect(entriesChecked).toBe(2 + count * rowsEach * 2)
  })
}

describe('processes that write one file at once', () => {
  it('two: nothing is lost or doubled, and both end with the same rows', () => writeTogether(2, 300))

  it('four: nothing is lost or doubled, and all end with the same rows', () => writeTogether(4, 150))
})

it('a process sees what another one writes, soon', async () => {
  const file = newFile()
  const child = spawnChild<{ ready: true } | { saw: number; at: string }>('echo', file)
  await child.line((line) => 'ready' in line)
  const latencies = await withDaybook(file, async (daybook) => {
    const measured: number[] = []
    for (let id = 0; id < 60; id++) {
      const written = process.hrtime.bigint()
      await daybook.write([{ op: 'put', collection: 'pings', key: id, value: { id } }])
      const seen = await child.line((line) => 'saw' in line && line.saw === id)
      measured.push(Number(BigInt((seen as { at: string }).at) - written) / 1e6)
      // Not in step with the other's timer.
      await pause((id * 13) % 50)
    }
    return measured.sort((a, b) => a - b)
  })
  child.kill()
  await child.ended
  const median = latencies[latencies.length >> 1] as number
  const longest = latencies.at(-1) as number
  console.info(
    `latency between two processes: median ${median.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`,
  )
  expect(median).toBeLessThan(2000)
})
