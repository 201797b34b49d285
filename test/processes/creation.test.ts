import { describe, expect, it } from 'vitest'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, printedSeed, randomFrom, rowsOf, withDaybook } from './files.js'

type Line =
  | { ready: string }
  | { wrote: string; firstOrigin: string }
  | { failed: string; error: string; code?: string }

describe('a file that does not exist yet', () => {
  it('is created once by processes that race for it, and all of them write to it', async () => {
    const file = newFile()
    const names = ['a', 'b', 'c', 'd']
    const rounds = 100
    const children = names.map((name) => spawnChild<Line>('create', file, name))
    await Promise.all(children.map((child) => child.line((line) => 'ready' in line)))
    for (let round = 0; round < rounds; round++) {
      const suffix = String(round)
      for (const child of children) child.send({ at: Date.now() + 8, suffix })
      const answers = await Promise.all(
        children.map((child) =>
          child.line(
            (line) =>
              ('wrote' in line && line.wrote === suffix) || ('failed' in line && line.failed === suffix),
          ),
        ),
      )
      expect(answers.filter((answer) => 'failed' in answer)).toEqual([])
      expect(new Set(answers.map((answer) => 'wrote' in answer && answer.firstOrigin)).size).toBe(1)
      if (round % 5 === 0) {
        await withDaybook(`${file}${suffix}`, async (daybook) => {
          expect([...(await rowsOf(daybook, 'rows')).keys()].sort()).toEqual(names)
          expect((await daybook.verify()).findings).toEqual([])
        })
      }
    }
    for (const child of children) child.kill()
    await Promise.all(children.map(({ ended }) => ended))
  })

  it('can be opened whenever the process that creates it is killed', async () => {
    const random = randomFrom(printedSeed('kill during creation'))
    for (let round = 0; round < 12; round++) {
      const file = newFile()
      const child = spawnChild<Line>('create', file, 'killed')
      await child.line((line) => 'ready' in line)
      const at = Date.now() + 10
      child.send({ at, suffix: '' })
      // Up to 20 ms into the creation, in steps of a tenth.
      const until = at + random(200) / 10
      while (performance.timeOrigin + performance.now() < until) if (random(50) === 0) await pause(0)
      child.kill()
      await child.ended
      const acknowledged = child.lines.some((line) => 'wrote' in line)
      await withDaybook(file, async (daybook) => {
        await daybook.write([{ op: 'put', collection: 'rows', key: 'after', value: { id: 'after' } }])
        const rows = await rowsOf(daybook, 'rows')
        expect(rows.has('after')).toBe(true)
        if (acknowledged) expect(rows.has('killed')).toBe(true)
        expect((await daybook.verify()).findings).toEqual([])
      })
    }
  })
})
