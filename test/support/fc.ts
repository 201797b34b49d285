/**
 * Properties, the same way everywhere.
 *
 * Their seed is fixed, so that a run says the same of the same code; `FC_SEED=fresh` draws another one. A failing property
 * prints its seed and path. To run exactly that case again:
 *
 *   FC_SEED=1234567 FC_PATH=12:0:3 npx vitest run test/log -t 'name of the test'
 *
 * To look longer than every day: `FC_RUNS=10` makes each property run ten times its usual number of cases.
 */

import * as fc from 'fast-check'

export { fc }

const environment = (name: string): number | undefined => {
  const text = process.env[name]
  return text === undefined ? undefined : Number(text)
}

const FIXED_SEED = 7

/** The seed that this run is to use. */
export const testSeed = (): number =>
  process.env.FC_SEED === 'fresh'
    ? Math.floor(Math.random() * 2 ** 31)
    : (environment('FC_SEED') ?? FIXED_SEED)

/** Runs a property, `runs` times by default. */
export async function check<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs: number,
): Promise<void> {
  const path = process.env.FC_PATH
  await fc.assert(property as fc.IAsyncProperty<T>, {
    numRuns: Math.max(1, Math.round(runs * (environment('FC_RUNS') ?? 1))),
    seed: testSeed(),
    ...(path !== undefined && { path }),
    interruptAfterTimeLimit: 110_000,
    markInterruptAsFailure: true,
  })
}
