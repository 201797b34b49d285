/** Runs histories of simulated browsers, and says what is not as it was promised with the shortest history that shows it. */

import * as fc from 'fast-check'
import { type Branch, Branches } from './branches.js'
import { loadDisks } from './disk-vfs.js'
import { FAULT_CLASSES, type FaultClass, KINDS, type Kind, scenarios } from './generators.js'
import type { Scenario } from './scenario.js'
import { World } from './world.js'

export interface SimulateOptions {
  /** Decides everything that chance decides. */
  readonly seed: number
  /** The most tabs at once. Default 6. */
  readonly contexts?: number
  /** The most steps of a history. Default 20. */
  readonly steps?: number
  /** What may go wrong. Default: everything. */
  readonly faults?: readonly FaultClass[]
  /** Where the histories come from. Default `uniform`. */
  readonly kind?: Kind
  /** How many histories. Default 1. */
  readonly histories?: number
  /** Runs only the history at this path below the seed: the one that a failure names. */
  readonly path?: string
  /** Looks for a shorter history that fails as well. Default true. */
  readonly shrink?: boolean
}

/** What was simulated. */
export interface SimulationReport {
  readonly seed: number
  readonly kind: Kind
  readonly histories: number
  /** Steps of all histories: what tabs did and what happened to them; not those that met no tab. */
  readonly steps: number
  /** Writes that were acknowledged. */
  readonly acknowledged: number
  /** How often each interesting branch was reached. */
  readonly branches: Readonly<Record<Branch, number>>
}

/** A promise was broken. `scenario` is the shortest history that was found; `seed` and `path` run it again. */
export class SimulationError extends Error {
  readonly seed: number
  readonly path: string
  readonly kind: Kind
  readonly scenario: Scenario

  constructor(failure: { seed: number; path: string; kind: Kind; scenario: Scenario; cause: unknown }) {
    const { seed, path, kind, scenario, cause } = failure
    const said = cause instanceof Error ? cause.message : String(cause)
    super(`${said}\n  seed ${seed}, kind ${kind}, path ${path}, after:\n${story(scenario)}`, { cause })
    this.name = 'SimulationError'
    this.seed = seed
    this.path = path
    this.kind = kind
    this.scenario = scenario
  }
}

/**
 * Simulates browsers: the real code of page, worker, leader and follower, on virtual time, locks, messages and disks, over
 * a real SQLite (better-sqlite3, and wa-sqlite where the power fails). After each history everything must be as promised.
 *
 * @throws SimulationError
 */
export async function simulate({
  seed,
  contexts = 6,
  steps = 20,
  faults = FAULT_CLASSES,
  kind = 'uniform',
  histories = 1,
  path,
  shrink = true,
}: SimulateOptions): Promise<SimulationReport> {
  if (!KINDS.includes(kind)) throw new TypeError(`There is no kind ${kind}: ${KINDS.join(', ')}.`)
  // Real files come in real time, for which nobody in here waits.
  await Promise.all([import('../../runtime/on-request.js'), import('../../materializer/subset/answer.js')])
  const branches = new Branches()
  const done = { histories: 0, steps: 0, acknowledged: 0 }
  const property = fc.asyncProperty(scenarios(kind, { contexts, steps, faults }), async (scenario) => {
    const world = await run(scenario, branches)
    done.histories++
    done.steps += world.steps
    done.acknowledged += world.acknowledged
  })
  const result = await fc.check(property, {
    seed,
    numRuns: path === undefined ? histories : 1,
    endOnFailure: !shrink,
    ...(path !== undefined && { path }),
  })
  if (result.failed) {
    const [scenario] = result.counterexample ?? []
    if (scenario === undefined) throw result.errorInstance
    const { counterexamplePath, errorInstance: cause } = result
    throw new SimulationError({ seed, path: counterexamplePath ?? '', kind, scenario, cause })
  }
  return { seed, kind, ...done, branches: branches.counts }
}

/**
 * Runs one history, and checks what it has led to: that of a `SimulationError`, for example.
 *
 * @throws BrokenPromise
 */
export async function run(scenario: Scenario, branches = new Branches()): Promise<World> {
  if (scenario.storage === 'disk') await loadDisks()
  const world = new World(scenario, branches)
  try {
    for (const happening of scenario.happenings) await world.happen(happening)
    await world.settle()
  } finally {
    await world.close()
  }
  return world
}

/** A history, one step a line. */
function story({ storage, durability, fates, happenings }: Scenario): string {
  const lines = [
    `on a ${storage}, durability '${durability}'`,
    ...(JSON.stringify(fates) === '[[0]]' ? [] : [`messages arrive after ${JSON.stringify(fates)} ms`]),
    ...happenings.map(({ do: what, ...details }) => {
      const facts = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      return [what, ...facts].join(', ').replace(', ', ': ')
    }),
  ]
  return lines.map((line) => `    ${line}`).join('\n')
}
