/**
 * `npm run border`: programs of every focus by turns on a daybook and on TanStack DB in memory, as many as one likes. It
 * fails when a promise is broken, or when one of the interesting branches was never reached.
 *
 * Of a failure it prints the shortest program, and the command that runs it again. Jobs are threads, each with timers of
 * its own; which programs run does not depend on how many there are. With `--processes 1`, each app is a process of its own.
 */

import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import {
  BORDER_BRANCHES,
  BORDER_FOCUSES,
  BorderError,
  type BorderFocus,
  exploreBorder,
} from 'daybook/testing'
import { packageCode } from '../children/package-code.js'
import { spawnChild } from '../children/spawn.js'
import { optionsFrom, randomSeed } from './options.js'

const USAGE = `npm run border -- [--programs 10000] [--seed N] [--focus F] [--steps 30] [--jobs 2] [--path P] [--processes 1]
focuses: ${BORDER_FOCUSES.join(', ')}; with --path, the program of a failure: its focus, seed and path`

/** Programs of one seed and focus; and of one seed, where each app is a process. */
const BATCH = 100
const DRAWN = 50

interface Batch {
  readonly focus: BorderFocus
  readonly seed: number
  readonly programs: number
  readonly steps: number
  readonly path?: string
}

/** It is no part of the package's entries. */
type ExploreProcesses = (options: {
  readonly seed: number
  readonly programs: number
  readonly spawn: () => unknown
}) => Promise<{ readonly kills: number; readonly kept: number }>

type Answer =
  | { readonly programs: number; readonly branches: Readonly<Record<string, number>> }
  | { readonly batch: Batch; readonly message: string }

if (isMainThread) process.exitCode = await border()
else parentPort?.on('message', async (batch: Batch) => parentPort?.postMessage(await explore(batch)))

async function explore(batch: Batch): Promise<Answer> {
  try {
    const { programs, branches } = await exploreBorder(batch)
    return { programs, branches }
  } catch (error) {
    if (!(error instanceof BorderError)) throw error
    return { batch: { ...batch, path: error.path }, message: error.message }
  }
}

async function border(): Promise<number> {
  const options = optionsFrom(
    { programs: 10_000, seed: randomSeed(), focus: 'all', steps: 30, jobs: 2, path: '', processes: 0 },
    USAGE,
  )
  const { programs, seed, focus, steps, jobs, path } = options
  if (options.processes > 0) return overProcesses(seed, programs)
  const focuses = focus === 'all' ? BORDER_FOCUSES : [focus as BorderFocus]
  if (path !== '') {
    const answer = await explore({ focus: focuses[0] as BorderFocus, seed, programs: 1, steps, path })
    console.log('message' in answer ? answer.message : 'Everything is as it was promised.')
    return 'message' in answer ? 1 : 0
  }
  console.log(`border: seed ${seed}, ${programs} programs of up to ${steps} steps`)
  const batches = Array.from(
    { length: Math.ceil(programs / BATCH) },
    (_, index): Batch => ({
      focus: focuses[index % focuses.length] as BorderFocus,
      seed: seed + index,
      programs: Math.min(BATCH, programs - index * BATCH),
      steps,
    }),
  )
  const reached = new Map<string, number>()
  let ran = 0
  let told = Date.now()
  const failed = await inJobs(jobs, batches, (answer) => {
    ran += answer.programs
    for (const [branch, count] of Object.entries(answer.branches))
      reached.set(branch, (reached.get(branch) ?? 0) + count)
    if (Date.now() - told < 20_000) return
    told = Date.now()
    console.log(`  ${ran} programs`)
  })
  if (failed !== undefined) {
    console.error(`\nAfter ${ran} programs a promise is broken: ${failed.message}\n`)
    const { focus: of, seed: from, path: at } = failed.batch
    console.error(
      `To run it again:  npm run border -- --focus '${of}' --seed ${from} --steps ${steps} --path ${at}`,
    )
    return 1
  }
  console.log(`\n${ran} programs, seeds ${seed} to ${seed + batches.length - 1}: no promise was broken.\n`)
  for (const branch of BORDER_BRANCHES)
    console.log(`${String(reached.get(branch) ?? 0).padStart(9)}  ${branch}`)
  const missed = BORDER_BRANCHES.filter((branch) => !reached.has(branch) || reached.get(branch) === 0)
  // One focus does not reach what belongs to another.
  if (missed.length === 0 || focus !== 'all') return 0
  console.error(`\nNever reached, so not tested:\n${missed.map((branch) => `  ${branch}`).join('\n')}`)
  return 1
}

async function overProcesses(first: number, programs: number): Promise<number> {
  const { exploreProcesses } = await packageCode<{ exploreProcesses: ExploreProcesses }>(
    './testing/border/processes/processes.js',
  )
  let [kills, kept, seed] = [0, 0, first]
  for (let ran = 0; ran < programs; ran += DRAWN, seed++) {
    const report = await exploreProcesses({
      seed,
      programs: Math.min(DRAWN, programs - ran),
      spawn: () => spawnChild('border-app'),
    })
    kills += report.kills
    kept += report.kept
    console.log(`  ${Math.min(ran + DRAWN, programs)} programs, ${kills} kills, ${kept} calls kept`)
  }
  console.log(
    `\n${programs} programs over two processes, seeds ${first} to ${seed - 1}: no promise was broken.`,
  )
  return 0
}

/** Deals batches out to threads; answers with the first that failed. */
async function inJobs(
  jobs: number,
  batches: readonly Batch[],
  onAnswer: (answer: Exclude<Answer, { batch: Batch }>) => void,
): Promise<Extract<Answer, { batch: Batch }> | undefined> {
  const waiting = [...batches]
  let failed: Extract<Answer, { batch: Batch }> | undefined
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url))
      const next = (): void => {
        const batch = failed === undefined ? waiting.shift() : undefined
        if (batch !== undefined) worker.postMessage(batch)
        else void worker.terminate().then(() => resolve())
      }
      worker.on('error', reject)
      worker.on('message', (answer: Answer) => {
        if ('batch' in answer) failed ??= answer
        else onAnswer(answer)
        next()
      })
      next()
    })
  await Promise.all(Array.from({ length: Math.min(jobs, batches.length) }, work))
  return failed
}
