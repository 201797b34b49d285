/**
 * `npm run bench`: measures daybook against bare SQLite, memory-only collections and TanStack's own persistence, each as
 * a ratio inside this run. It reports, it does not judge: a missed goal leaves the exit code at 0, a case that could not
 * be measured makes it 1.
 */

import { TemporaryFolder } from './files.js'
import { longLog } from './long-log.js'
import { describeMachine } from './machine.js'
import { type Options, readOptions, UsageError } from './options.js'
import { table } from './report.js'
import { type Result, runCase } from './rounds.js'

try {
  const options = readOptions(process.argv.slice(2))
  const failed = await run(options)
  process.exitCode = failed ? 1 : 0
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(error.message)
  process.exitCode = 2
}

/** Answers whether a case failed. */
async function run({ json, quick, rounds, cases }: Options): Promise<boolean> {
  const folder = new TemporaryFolder()
  const size = (full: number, small: number): number => (quick ? small : full)
  let log: Promise<string> | undefined
  const makeLog = () => longLog(folder.folder().path('long.db'), size(1_000_000, 50_000))
  const runOptions = {
    rounds,
    bench: { size, longLog: () => (log ??= makeLog()) },
    newFolder: () => folder.folder(),
    onRound: () => process.stderr.write('.'),
  }
  const machine = { ...describeMachine(folder.root), rounds, quick }
  const results: Result[] = []
  for (const one of cases) {
    process.stderr.write(`${one.figures[0]} `)
    results.push(...(await runCase(one, runOptions)))
    process.stderr.write('\n')
  }
  console.log(json ? JSON.stringify({ machine, cases: results }, null, 2) : table(machine, results))
  return results.some(({ error }) => error !== undefined)
}
