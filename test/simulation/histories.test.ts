/**
 * Thousands of histories of a browser: tabs that open, write, crash, freeze, go into the back/forward cache and come back,
 * workers that die, over a channel that loses, doubles, delays and reorders. It is the real code of page, worker, leader and
 * follower over a real database. A failure prints a line to run it again (test/support/fc.ts).
 */

import { test } from 'vitest'
import { check, fc } from '../support/fc.js'
import { type Happening, World } from './world.js'

const who = fc.nat(5)
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ do: 'open' as const }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('write' as const), who, rows: fc.integer({ min: 1, max: 4 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('leave', 'crash', 'killWorker', 'killWorker', 'cache', 'restore', 'thaw'),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('freeze' as const), who, whole: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('show' as const), who, visible: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('time' as const),
      ms: fc.oneof(fc.nat(100), fc.nat(4000), fc.constant(12_000)),
    }),
  },
)

/** Two tabs that are open, or a browser without any. */
const beginning: fc.Arbitrary<readonly Happening[]> = fc.constantFrom<readonly Happening[]>(
  [{ do: 'open' }, { do: 'open' }, { do: 'time', ms: 2000 }],
  [],
)

/** What happens to each message in turn, over and over: when it arrives, once for each number. */
const fates = fc.array(fc.array(fc.oneof(fc.constant(0), fc.nat(400)), { maxLength: 2 }), {
  minLength: 1,
  maxLength: 12,
})

const always = (channel: fc.Arbitrary<readonly (readonly number[])[]>, runs: number) =>
  check(
    fc.asyncProperty(
      channel,
      beginning,
      fc.array(happening, { maxLength: 20 }),
      async (fates, beginning, happenings) => {
        const world = new World(fates)
        try {
          for (const each of [...beginning, ...happenings]) await world.happen(each)
          await world.settle()
        } finally {
          await world.close()
        }
      },
    ),
    runs,
  )

// In parts, so that none of them comes near a test's time limit.
test.each([1, 2])(
  'whatever happens to tabs and workers, nothing is lost, doubled or left waiting (%i)',
  async () => {
    await always(fc.constant([[0]]), 500)
  },
)

test.each([1, 2])('nor when messages are lost, doubled, late and in another order (%i)', async () => {
  await always(fates, 500)
})
