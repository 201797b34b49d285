/** Runs many programs, and shrinks one that breaks a promise. */

import * as fc from 'fast-check'
// What is loaded when it is first asked for comes in real time, which nobody in a program waits for.
import { loadSyncedRuns } from '../../runtime/collections/synced/synced.js'
import '../../materializer/subset/answer.js'
import '../../runtime/on-request.js'
import { type BorderBranch, BorderBranches } from './branches.js'
import { FOCUSES, type Focus, programs } from './generators.js'
import { runProgram } from './machine.js'
import { type Program, story } from './program.js'
import { shorten } from './shorten.js'

export interface BorderOptions {
  /** Decides everything that chance decides. */
  readonly seed: number
  /** How many programs. Default 1. */
  readonly programs?: number
  /** What they are about. Default `everything`. */
  readonly focus?: Focus
  /** The most steps of a program. Default 30. */
  readonly steps?: number
  /** Values that the columns of rows have besides the machine's own, such as Temporal. */
  readonly values?: readonly unknown[]
  /** Only the program of a failure. */
  readonly path?: string
  /** Whether to look for a shorter program of a failure. Default true. */
  readonly shrink?: boolean
}

export interface BorderReport {
  readonly seed: number
  readonly programs: number
  /** How often each interesting branch was reached. */
  readonly branches: Readonly<Record<BorderBranch, number>>
}

/** A promise was broken. `program` is the shortest one that was found; `seed`, `focus` and `path` run it again. */
export class BorderError extends Error {
  readonly seed: number
  readonly path: string
  readonly focus: Focus
  readonly program: Program

  constructor(failure: { seed: number; path: string; focus: Focus; program: Program; cause: unknown }) {
    const { seed, path, focus, program, cause } = failure
    const said = cause instanceof Error ? cause.message : String(cause)
    super(`${said}\n  seed ${seed}, focus ${focus}, path ${path}, after:\n${story(program)}`, { cause })
    this.name = 'BorderError'
    this.seed = seed
    this.path = path
    this.focus = focus
    this.program = program
  }
}

/** What an error says before its details. */
const kindOf = (error: unknown): string => String(error).replace(/[\d'"[{].*/s, '')

/**
 * Runs random programs on collections that a daybook keeps and on collections in memory, and compares them whenever
 * everything rests.
 *
 * @throws BorderError
 * @example
 * const { programs } = await exploreBorder({ seed: 1, programs: 5 })
 */
export async function exploreBorder({
  seed,
  programs: count = 1,
  focus = 'everything',
  steps = 30,
  values = [],
  path,
  shrink = true,
}: BorderOptions): Promise<BorderReport> {
  if (!FOCUSES.includes(focus)) throw new TypeError(`There is no focus ${focus}: ${FOCUSES.join(', ')}.`)
  await loadSyncedRuns()
  const branches = new BorderBranches()
  let ran = 0
  const property = fc.asyncProperty(programs(focus, { steps, values }), async (program) => {
    await runProgram(program, branches)
    ran++
  })
  const result = await fc.check(property, {
    seed,
    numRuns: path === undefined ? count : 1,
    // Steps depend on each other in ways that fast-check cannot know.
    endOnFailure: true,
    ...(path !== undefined && { path }),
  })
  if (result.failed) {
    const [program] = result.counterexample ?? []
    if (program === undefined) throw result.errorInstance
    const { counterexamplePath, errorInstance } = result
    let cause: unknown = errorInstance
    const fails = async (shorter: Program): Promise<boolean> => {
      try {
        await runProgram(shorter)
        return false
      } catch (error) {
        if (kindOf(error) !== kindOf(errorInstance)) return false
        cause = error
        return true
      }
    }
    const shortest = shrink ? await shorten(program, fails) : program
    throw new BorderError({ seed, path: counterexamplePath ?? '', focus, program: shortest, cause })
  }
  return { seed, programs: ran, branches: branches.counts }
}
