/** Runs: consecutive transactions of one origin at consecutive positions, as one piece. */

import { all, type Program } from '../drivers/program.js'
import { statement } from '../drivers/query.js'
import type { Position } from './entry.js'
import { log } from './tables.js'

const readRuns = statement<[]>()(
  log
    .selectFrom('daybook_origins')
    .select(['origin', 'origin_seq', 'seq', 'term', 'length'])
    .orderBy('origin')
    .orderBy('origin_seq'),
)

export interface OriginRun {
  readonly origin: string
  readonly originSeq: number
  readonly seq: number
  readonly term: number
  readonly length: number
}

/** By origin, each in the order in which they were found. */
export type RunsByOrigin = Map<string, OriginRun[]>

/** Whether a transaction is the next one of a run. */
export const continues = (run: OriginRun, originSeq: number, position: Position): boolean =>
  originSeq === run.originSeq + run.length &&
  position.seq === run.seq + run.length &&
  position.term === run.term

/** Adds the next entry of the log to the last run of its origin, or begins a run with it. */
export function addToRuns(
  runs: RunsByOrigin,
  { origin, originSeq, position }: { origin: string; originSeq: number; position: Position },
): void {
  const own = runs.get(origin) ?? []
  runs.set(origin, own)
  const last = own.at(-1)
  if (last !== undefined && continues(last, originSeq, position)) {
    own[own.length - 1] = { ...last, length: last.length + 1 }
  } else {
    own.push({ origin, originSeq, ...position, length: 1 })
  }
}

/** All runs of the table, by origin and origin seq. */
export function* storedRuns(): Program<OriginRun[]> {
  const rows = yield* all(readRuns)
  return rows.map(({ origin, origin_seq: originSeq, seq, term, length }) => ({
    origin,
    originSeq,
    seq,
    term,
    length,
  }))
}
