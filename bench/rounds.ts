/** Runs a case: interleaved rounds, a ratio for each pair, and the medians. */

import type { Bench, Case, Pair, Round } from './case.js'
import { FIGURES, type Figure, type FigureName, goalText, holds } from './figures.js'
import type { Folder } from './files.js'

/** A figure as it is reported; the shape of `--json`. */
export interface Result {
  readonly name: FigureName
  /** The medians of both sides; null when the case failed. */
  readonly ours: number | null
  readonly theirs: number | null
  readonly against: string
  /** The median of the ratios of the rounds, which is not the ratio of the medians. */
  readonly ratio: number | null
  readonly goal: string | null
  readonly holds: boolean | null
  readonly unit: string
  /** Why the case could not be measured. */
  readonly error?: string
}

export interface RunOptions {
  readonly rounds: number
  readonly bench: Omit<Bench, 'path'>
  readonly newFolder: () => Folder
  readonly onRound: () => void
}

/** Never throws: a case that fails is a result that says so. */
export async function runCase(
  { figures, prepare, warmUps = 1 }: Case,
  { rounds, bench, newFolder, onRound }: RunOptions,
): Promise<Result[]> {
  const shared = newFolder()
  let round: Round | undefined
  try {
    round = await prepare({ ...bench, path: shared.path })
    const found: Pair[] = []
    for (let count = -warmUps; count < rounds; count++) {
      const own = newFolder()
      const pairs = await round(own.path)
      own.remove()
      if (count >= 0) found.push(...pairs)
      onRound()
    }
    return figures.map((name) =>
      result(
        name,
        found.filter(({ figure }) => figure === name),
      ),
    )
  } catch (error) {
    return figures.map((name) => failure(name, error))
  } finally {
    await round?.end?.()
    shared.remove()
  }
}

function result(name: FigureName, pairs: readonly Pair[]): Result {
  const { unit, against, goal }: Figure = FIGURES[name]
  const ratio = median(pairs.map(({ ours, theirs }) => ours / theirs))
  return {
    name,
    ours: rounded(median(pairs.map(({ ours }) => ours))),
    theirs: rounded(median(pairs.map(({ theirs }) => theirs))),
    against,
    ratio: rounded(ratio),
    goal: goal ? goalText(goal) : null,
    holds: goal ? holds(ratio, goal) : null,
    unit,
  }
}

function failure(name: FigureName, error: unknown): Result {
  const { unit, against, goal }: Figure = FIGURES[name]
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const nothing = { ours: null, theirs: null, ratio: null, holds: null }
  return { name, ...nothing, against, goal: goal ? goalText(goal) : null, unit, error: message }
}

/** @throws RangeError when there is nothing to take the median of */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  const lower = sorted.length % 2 === 1 ? upper : sorted[middle - 1]
  if (upper === undefined || lower === undefined) throw new RangeError('A round did not measure a figure.')
  return (lower + upper) / 2
}

/** Four digits are more than a noisy machine knows. */
const rounded = (value: number): number => Number(value.toPrecision(4))
