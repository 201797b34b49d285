/**
 * Thousands of histories of a browser: tabs that open, write, crash, freeze, go into the back/forward cache and come back,
 * workers that die, over a channel that loses, doubles, delays and reorders, on disks that fail. It is the real code of
 * page, worker, leader and follower over a real database. A failure prints the shortest history and how to run it again.
 */

import { expect, test } from 'vitest'
import { BRANCHES } from '../../src/testing/simulation/branches.js'
import { KINDS } from '../../src/testing/simulation/generators.js'
import { simulate } from '../../src/testing/simulation/simulate.js'
import { testSeed } from '../support/fc.js'

const reached = new Map<string, number>()

async function histories(options: Omit<Parameters<typeof simulate>[0], 'seed'>): Promise<void> {
  const seed = testSeed()
  const { branches, ...done } = await simulate({ ...options, seed })
  for (const [branch, count] of Object.entries(branches)) {
    reached.set(branch, (reached.get(branch) ?? 0) + count)
  }
  console.info(JSON.stringify(done))
}

test('whatever happens to tabs and workers, nothing is lost, doubled or left waiting', async () => {
  await histories({ histories: 400, faults: ['crashes', 'freezes'] })
})

test('nor when messages are lost, doubled, late and in another order', async () => {
  await histories({ histories: 400, faults: ['messages', 'crashes', 'freezes'] })
})

test.each(KINDS)('nor when anything goes wrong: %s', async (kind) => {
  await histories({ histories: 400, kind })
})

test('every interesting branch was reached', () => {
  expect(BRANCHES.filter((branch) => (reached.get(branch) ?? 0) === 0)).toEqual([])
})
