/**
 * `npm run torture:kill`: processes that are killed for real, then power cuts that are simulated, for both levels of
 * durability.
 *
 * Not covered: a power cut of a real machine, disks that say synced when they are not, files that lose their names, kills
 * of a browser (test/browser has those), and several writers at once (test/processes/kill.test.ts).
 */

import { openDaybook } from 'daybook/node'
import { powerCuts } from 'daybook/testing'
import { killRounds } from './kill-rounds.js'
import { optionsFrom, randomSeed } from './options.js'

const options = optionsFrom(
  { rounds: 200, seed: randomSeed(), 'power-cuts': 500 },
  'npm run torture:kill -- [--rounds 200] [--power-cuts 500] [--seed N]',
)
const { seed, rounds } = options
console.log(`torture:kill: seed ${seed}`)

const random = randomFrom(seed)
let told = Date.now()
const report = await killRounds({
  rounds,
  random,
  open: (filename) => openDaybook({ filename }),
  onProgress: ({ kills, acknowledged }) => {
    if (Date.now() - told < 20_000) return
    told = Date.now()
    console.log(`  ${kills} kills, ${acknowledged} transfers acknowledged`)
  },
})
console.log(
  `${report.kills} processes killed: ${report.acknowledged} transfers acknowledged, all kept; ` +
    `${report.phantoms} more kept, of which nobody was told; ${report.files} files, every one verified clean.`,
)

for (const durability of ['process', 'power'] as const) {
  const { cuts, acknowledged, lost } = await powerCuts({ seed, cuts: options['power-cuts'], durability })
  console.log(
    `${cuts} power cuts with durability '${durability}': ${acknowledged} entries acknowledged, ${lost} of them lost` +
      `${durability === 'power' ? '' : ' (which it allows)'}; what was left was whole each time.`,
  )
}

/** Numbers that the seed decides. */
function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
