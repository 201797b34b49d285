/** Checking `daybook_origins` against the entries (L5): each one must be found where it is. */

import type { Program } from '../drivers/program.js'
import type { Entry } from './entry.js'
import { addToRuns, type OriginRun, type RunsByOrigin, storedRuns } from './origin-runs.js'

/** The transactions of each origin as runs, gathered from entries. */
export class OriginRuns {
  readonly #runs: RunsByOrigin = new Map()

  add(entry: Entry): void {
    addToRuns(this.#runs, entry)
  }

  /** Answers with what the table does not say, or says otherwise. */
  *compare(): Program<string[]> {
    const stored: RunsByOrigin = new Map()
    for (const run of yield* storedRuns()) {
      const runs = stored.get(run.origin) ?? []
      stored.set(run.origin, runs)
      runs.push(run)
    }
    const wrong: string[] = []
    for (const [origin, runs] of this.#runs) {
      for (const run of runs) {
        const missing = firstMissing(run, stored.get(origin) ?? [])
        if (missing !== undefined) {
          wrong.push(
            `Transaction ${missing} of origin ${origin} is in the log, and daybook_origins does not say where.`,
          )
        }
      }
    }
    return wrong
  }
}

// The first origin seq of a run that no stored run has at its position; stored runs are in order.
function firstMissing(run: OriginRun, stored: readonly OriginRun[]): number | undefined {
  let next = run.originSeq
  for (const { originSeq, seq, term, length } of stored) {
    const fits = term === run.term && seq - originSeq === run.seq - run.originSeq
    if (fits && originSeq <= next) next = Math.max(next, originSeq + length)
  }
  return next < run.originSeq + run.length ? next : undefined
}
