/** Runs many programs, and shrinks one that breaks a promise. */

import * as fc from 'fast-check'
import { type BorderBranch, BorderBranches } from './branches.js'
import { FOCUSES, type Focus, programs } from './generators.js'
import { runProgram, type SourceOptions } from './machine.js'
import { type CollectionShape, type Program, story } from './program.js'
import { shorten } from './shorten.js'

/** `source` is for the focuses `synced` and `everything`. */
export interface BorderOptions extends SourceOptions {
  /** Decides everything that chance decides. */
  readonly seed: number
  /** How many programs. Default 1. */
  readonly programs?: number
  /** What they are about. Default `everything`. */
  readonly focus?: Focus
  /** The most steps of a program. Default 30. */
  readonly steps?: number
  /** How collections load their rows. Default: both ways. */
  readonly modes?: readonly CollectionShape['mode'][]
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
 * Runs random programs on collections that a daybook keeps and on collections of TanStack DB in memory, and compares them
 * whenever everything rests. A program that breaks a promise is shortened before it is reported.
 *
 * While it runs, the timers, `Date.now`, `performance.now` and the console of this process are the machine's: nothing else
 * may run meanwhile.
 *
 * @throws BorderError when a promise is broken; TypeError when there is no such focus
 * @example
 * const { programs, branches } = await exploreBorder({ seed: 1, focus: 'local', programs: 20 })
 * programs // 20
 * branches['a handle was killed'] > 0 // true
 */
export async function exploreBorder({
  seed,
  programs: count = 1,
  focus = 'everything',
  steps = 30,
  modes = ['eager', 'on-demand'],
  values = [],
  path,
  shrink = true,
  ...sources
}: BorderOptions): Promise<BorderReport> {
  if (!FOCUSES.includes(focus)) throw new TypeError(`There is no focus ${focus}: ${FOCUSES.join(', ')}.`)
  const branches = new BorderBranches()
  let ran = 0
  const property = fc.asyncProperty(programs(focus, { steps, values, modes }), async (program) => {
    await runProgram(program, branches, sources)
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
        await runProgram(shorter, new BorderBranches(), sources)
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

/**
 * Runs one program, such as that of a {@link BorderError}. Answers with how often it reached each interesting branch.
 *
 * @throws BrokenPromise, which says what is wrong
 * @example
 * const local = { mode: 'eager', handlers: true, garbage: false, indexed: false, initial: 0 } as const
 * const branches = await replayBorder({
 *   contexts: ['handle'],
 *   a: local,
 *   b: local,
 *   fates: [[0]],
 *   steps: [
 *     { do: 'change', who: 0, on: 'a', changes: [{ kind: 'insert', key: 1, fields: { n: 1 } }], handler: 'waits' },
 *     { do: 'change', who: 0, on: 'a', changes: [{ kind: 'update', key: 1, fields: { n: 2 } }], handler: 'ends' },
 *   ],
 * })
 * branches['an update waited behind an insert whose handler waits'] // 1
 */
export async function replayBorder(
  program: Program,
  options: SourceOptions = {},
): Promise<BorderReport['branches']> {
  const branches = new BorderBranches()
  await runProgram(program, branches, options)
  return branches.counts
}
