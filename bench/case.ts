/** The words of the benchmark: a case measures figures in rounds, and each round measures both sides once. */

import type { FigureName } from './figures.js'

/** What one round found: both sides of one figure, in its unit. */
export interface Pair {
  readonly figure: FigureName
  readonly ours: number
  readonly theirs: number
}

/** A path for a file of this name; its folder goes when what it was made for is over. */
export type PathOf = (name: string) => string

/** Measures every side once, one after the other, with files of its own. */
export interface Round {
  (path: PathOf): Promise<readonly Pair[]>
  /** Ends what the rounds share and is not a file. */
  readonly end?: () => Promise<void>
}

export interface Case {
  /** What it measures; the first one names the case. */
  readonly figures: readonly [FigureName, ...FigureName[]]
  /**
   * Rounds more, on both sides, thrown away. Bytes are the same from the first round on, what is timed is not: code that
   * runs once for each of some thousand calls is compiled by the engine only in the third round. Default 1.
   */
  readonly warmUps?: number
  /** Makes what the rounds share. */
  prepare(bench: Bench): Promise<Round>
}

/** What a case is given. */
export interface Bench {
  /** `full`, or `quick` in a run that only shows that everything works. */
  size(full: number, quick: number): number
  /** For the files that the rounds share. */
  readonly path: PathOf
  /** The database with a long log, made by the first case that asks. Its cursor is at its head. */
  longLog(): Promise<string>
}
