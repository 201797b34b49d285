/**
 * Properties, the same way everywhere.
 *
 * A failing property prints its seed and path. To run exactly that case again:
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

/** The seed that this run is to use: that of the environment, or another one each time. */
export const testSeed = (): number => environment('FC_SEED') ?? Math.floor(Math.random() * 2 ** 31)

/** Runs a property, `runs` times by default. */
export async function check<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  runs: number,
): Promise<void> {
  const seed = environment('FC_SEED')
  const path = process.env.FC_PATH
  await fc.assert(property as fc.IAsyncProperty<T>, {
    numRuns: Math.max(1, Math.round(runs * (environment('FC_RUNS') ?? 1))),
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
    interruptAfterTimeLimit: 110_000,
    markInterruptAsFailure: true,
  })
}
