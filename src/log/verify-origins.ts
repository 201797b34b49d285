/** Checking `daybook_origins` against the entries (L5): each one must be found where it is. */

import { all, type Program } from '../drivers/program.js'
import { statement } from '../drivers/query.js'
import type { Entry } from './entry.js'
import type { OriginRun } from './origins.js'
import { log } from './tables.js'

const readRuns = statement<[]>()(
  log
    .selectFrom('daybook_origins')
    .select(['origin', 'origin_seq', 'seq', 'term', 'length'])
    .orderBy('origin')
    .orderBy('origin_seq'),
)

/** The transactions of each origin as runs, gathered from entries. */
export class OriginRuns {
  readonly #runs = new Map<string, OriginRun[]>()

  add({ origin, originSeq, position }: Entry): void {
    const runs = this.#runs.get(origin) ?? []
    this.#runs.set(origin, runs)
    const last = runs.at(-1)
    const continues =
      last !== undefined &&
      originSeq === last.originSeq + last.length &&
      position.seq === last.seq + last.length &&
      position.term === last.term
    if (continues) runs[runs.length - 1] = { ...last, length: last.length + 1 }
    else runs.push({ origin, originSeq, ...position, length: 1 })
  }

  /** Answers with what the table does not say, or says otherwise. */
  *compare(): Program<string[]> {
    const stored = new Map<string, OriginRun[]>()
    for (const { origin, origin_seq: originSeq, seq, term, length } of yield* all(readRuns)) {
      const runs = stored.get(origin) ?? []
      stored.set(origin, runs)
      runs.push({ origin, originSeq, seq, term, length })
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
