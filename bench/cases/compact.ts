/**
 * Appending while a log of 1,000,000 entries is compacted, by the same process and by another one: how much of its rate
 * is left, and how long a single append waits, against the same appends just before.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Daybook, openDaybook } from 'daybook/node'
import type { Case, Pair } from '../case.js'
import { flush } from '../files.js'
import { after, appendUntil, type Waits } from '../waits.js'

/** No append may wait longer than this, in ms. */
const LONGEST = 50

const CHILD = fileURLToPath(new URL('../children/compact.js', import.meta.url))

export const compact: Case = {
  figures: [
    'compact',
    'compact-longest',
    'compact-longest-before',
    'compact-p50',
    'compact-p99',
    'compact-elsewhere',
    'compact-elsewhere-longest',
    'compact-elsewhere-longest-before',
    'compact-elsewhere-p50',
    'compact-elsewhere-p99',
  ],
  warmUps: 0,
  async prepare(bench) {
    const long = await bench.longLog()
    const before = bench.size(10_000, 300)

    const side = async (filename: string, start: Start): Promise<Sides> => {
      await copyFile(long, filename)
      await flush(filename)
      const daybook = openDaybook({ filename, retain: 'all' })
      await daybook.ready
      const compact = await start(daybook, filename)
      await appendUntil(daybook, 'warm-up', after(before / 10))
      const without = await appendUntil(daybook, 'without', after(before))
      let isOver = false
      const over = compact().finally(() => {
        isOver = true
      })
      const during = await appendUntil(daybook, 'during', () => isOver)
      await over
      await daybook.close()
      return { during, without }
    }
    return async (path) => [
      ...pairs('compact', await side(path('here.db'), here)),
      ...pairs('compact-elsewhere', await side(path('elsewhere.db'), elsewhere)),
    ]
  },
}

interface Sides {
  readonly during: Waits
  readonly without: Waits
}

/** Gets ready, and answers with what compacts the file. */
type Start = (daybook: Daybook, filename: string) => Promise<() => Promise<unknown>>

const here: Start = async (daybook) => () => daybook.compact()

const elsewhere: Start = async (_daybook, filename) => {
  const child = fork(CHILD, [filename])
  await once(child, 'message')
  return () => {
    const over = once(child, 'exit')
    child.send('compact')
    return over
  }
}

function pairs(name: 'compact' | 'compact-elsewhere', { during, without }: Sides): Pair[] {
  return [
    { figure: name, ours: during.rate, theirs: without.rate },
    { figure: `${name}-longest`, ours: during.longest, theirs: LONGEST },
    { figure: `${name}-longest-before`, ours: during.longest, theirs: without.longest },
    { figure: `${name}-p50`, ours: during.p50, theirs: without.p50 },
    { figure: `${name}-p99`, ours: during.p99, theirs: without.p99 },
  ]
}
