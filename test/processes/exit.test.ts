import { describe, expect, it } from 'vitest'
import { spawnChild } from '../children/spawn.js'
import { newFile, pause, rowsOf, withDaybook } from './files.js'

const rowsIn = (file: string): Promise<Map<string | number, unknown>> =>
  withDaybook(file, (daybook) => rowsOf(daybook, 'rows'))

describe('a process with an open daybook', () => {
  it('ends by itself, with subscribed collections', async () => {
    const file = newFile()
    const child = spawnChild('exit', file, 'subscribed')
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(child.lines).toEqual([{ done: 'subscribed' }])
    expect([...(await rowsIn(file)).keys()]).toEqual([1])
  })

  it('ends by itself while somebody follows the entries', async () => {
    const child = spawnChild('exit', newFile(), 'following')
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(child.lines).toContainEqual({ done: 'following' })
    expect(child.lines).toContainEqual({ seq: 1 })
  })

  it('ends by itself while it is sync owner, or waits to be', async () => {
    const child = spawnChild('exit', newFile(), 'owner')
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect(child.lines).toEqual([{ done: 'owner' }])
  })

  it('finishes a write that nobody waits for before it ends', async () => {
    const file = newFile()
    const child = spawnChild('exit', file, 'pending')
    expect(await child.ended).toEqual({ code: 0, signal: null, stderr: '' })
    expect([...(await rowsIn(file)).keys()]).toEqual([1])
  })

  it('dies of an error that nobody listens for: it is an uncaught exception', async () => {
    const child = spawnChild('exit', newFile(), 'uncaught')
    const { code, stderr } = await child.ended
    expect(code).not.toBe(0)
    expect(stderr).toContain('nobody listens')
    expect(child.lines).toEqual([])
  })
})

describe('a process that waits for another one', () => {
  interface Line {
    readonly source?: string
    readonly waits?: string
    readonly rows?: number
  }

  it.each(['preload', 'live-query', 'on-demand'])(
    'stays alive until it has what it awaits, and ends then: %s',
    async (mode) => {
      const file = newFile()
      const first = spawnChild<Line>('wait', file, 'first', mode)
      await first.line(({ source }) => source === 'first')
      const second = spawnChild<Line>('wait', file, 'second', mode)
      await second.line(({ waits }) => waits === 'second')
      // It would have ended by then, with code 13.
      expect(await Promise.race([second.ended, pause(1000)])).toBeUndefined()
      first.send('answer')
      expect(await second.ended).toEqual({ code: 0, signal: null, stderr: '' })
      expect(second.lines.at(-1)).toEqual({ rows: 1 })
      first.send('end')
      expect((await first.ended).code).toBe(0)
    },
  )
})
