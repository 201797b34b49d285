/** Measuring one side once. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** So that nobody pays for the garbage of the side before. */
export const collectGarbage = runInNewContext('gc') as () => void

/** How long work takes, in ms, begun without garbage. */
export async function milliseconds(work: () => unknown): Promise<number> {
  collectGarbage()
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** How many of `count` things are done in a second. */
export const perSecond = (count: number, ms: number): number => (count * 1000) / ms
