/** Programs of the border machine, each app in a process of its own. */

import { expect, it } from 'vitest'
import { exploreProcesses } from '../../src/testing/border/processes/processes.js'
import type { Encoded } from '../../src/values/value.js'
import { spawnChild } from '../children/spawn.js'

const PROGRAMS = 30

it('two apps in two processes, some of them killed, do what they do in memory', async () => {
  const report = await exploreProcesses({
    seed: 7,
    programs: PROGRAMS,
    spawn: () => spawnChild<Encoded>('border-app'),
  })
  console.info(`border over processes: ${JSON.stringify(report)}`)
  expect(report.kills).toBeGreaterThan(PROGRAMS / 10)
  expect(report.kept).toBeGreaterThan(PROGRAMS)
}, 600_000)
