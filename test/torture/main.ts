/**
 * `npm run torture`: simulated browsers for as long as one likes. Histories of every kind by turns, until the time is
 * over; it fails when a promise is broken, or when one of the interesting branches was never reached.
 *
 * Of a failure it prints the shortest history and the command that runs it again, and writes both to build/torture/.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  BRANCHES,
  FAULT_CLASSES,
  type FaultClass,
  KINDS,
  type Kind,
  replay,
  type Scenario,
  SimulationError,
  simulate,
} from 'daybook/testing'
import { optionsFrom, randomSeed } from './options.js'

const USAGE = `npm run torture -- [--minutes 10] [--seed N] [--total-steps N] [--kind K] [--steps 60] [--contexts 6]
                   [--faults a,b] [--replay FILE]
kinds: ${KINDS.join(', ')}; faults: ${FAULT_CLASSES.join(', ')}`

/** Histories between two looks at the clock. */
const BATCH = 20

const options = optionsFrom(
  {
    minutes: 10,
    seed: randomSeed(),
    /** Ends before the time is over, when so many steps were taken. */
    'total-steps': Number.MAX_SAFE_INTEGER,
    kind: 'all',
    steps: 60,
    contexts: 6,
    faults: FAULT_CLASSES.join(','),
    replay: '',
  },
  USAGE,
)

if (options.replay !== '') {
  const { scenario } = JSON.parse(readFileSync(options.replay, 'utf8')) as { scenario: Scenario }
  await replay(scenario)
  console.log('Everything is as it was promised.')
} else process.exitCode = await torture()

async function torture(): Promise<number> {
  const { seed, steps, contexts } = options
  const kinds = options.kind === 'all' ? KINDS : [options.kind as Kind]
  const faults = options.faults.split(',') as FaultClass[]
  const end = Date.now() + options.minutes * 60_000
  const total = { histories: 0, steps: 0, acknowledged: 0 }
  const branches = new Map<string, number>()
  let told = Date.now()
  console.log(`torture: seed ${seed}, ${options.minutes} minutes, histories of up to ${steps} steps`)
  for (let batch = 0; Date.now() < end && total.steps < options['total-steps']; batch++) {
    const kind = kinds[batch % kinds.length] as Kind
    try {
      const report = await simulate({ seed: seed + batch, kind, histories: BATCH, steps, contexts, faults })
      total.histories += report.histories
      total.steps += report.steps
      total.acknowledged += report.acknowledged
      for (const [branch, count] of Object.entries(report.branches)) {
        branches.set(branch, (branches.get(branch) ?? 0) + count)
      }
    } catch (error) {
      if (!(error instanceof SimulationError)) throw error
      tell(error)
      return 1
    }
    if (Date.now() - told > 20_000) {
      told = Date.now()
      console.log(`  ${total.histories} histories, ${total.steps} steps, ${total.acknowledged} acknowledged`)
    }
  }
  const { histories, acknowledged } = total
  console.log(
    `\n${histories} histories, ${total.steps} steps, ${acknowledged} writes acknowledged: no promise was broken.\n`,
  )
  for (const branch of BRANCHES) console.log(`${String(branches.get(branch) ?? 0).padStart(9)}  ${branch}`)
  const missed = BRANCHES.filter((branch) => (branches.get(branch) ?? 0) === 0)
  // Whoever chose what is tried knows that some cannot be reached.
  if (missed.length === 0 || faults.length < FAULT_CLASSES.length || kinds.length < KINDS.length) return 0
  console.error(`\nNever reached, so not tested:\n${missed.map((branch) => `  ${branch}`).join('\n')}`)
  return 1
}

function tell(error: SimulationError): void {
  const folder = join('build', 'torture')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `failure-${error.seed}.json`)
  const { message, seed, kind, path, scenario, cause } = error
  const stack = cause instanceof Error ? cause.stack : undefined
  writeFileSync(file, `${JSON.stringify({ message, seed, kind, path, scenario, stack }, null, 2)}\n`)
  console.error(`\nA promise is broken: ${message}\n`)
  console.error(`To run it again:  npm run torture -- --replay ${file}`)
}
