/**
 * Runs the import in a child process, kills it with SIGKILL at random moments, and starts it again each time, until it
 * has survived all kills and ended by itself.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Random } from '../random.js'
import type { Repository } from './git.js'
import type { ImportReport } from './import.js'

export interface Supervision {
  filename: string
  repository: Repository
  total: number
  kills: number
  random: Random
  /** Commits that are in the log, as the child says. */
  onProgress(commits: number): void
  /** A child was killed after it had reported `commits`. */
  onKill(kill: number, commits: number): void
  /** The next one found this many commits in the log. */
  onResume(commits: number): void
}

/** A kill comes up to this long after the child has said that it reached the chosen commit. */
const LONGEST_AIM_MS = 25

const importProgram = fileURLToPath(new URL('import.js', import.meta.url))

/** How long it took: with all starts and kills, and only from the moments when the files were open. */
export interface Duration {
  totalMs: number
  importMs: number
}

export async function importThroughKills(plan: Supervision): Promise<Duration> {
  const { kills, total, random } = plan
  const targets = Array.from({ length: kills }, () => random.below(total)).sort((a, b) => a - b)
  const begun = Date.now()
  let acknowledged = 0
  let killed = 0
  let complete = false
  let lastWorkMs = 0
  let importMs = 0

  while (!complete || killed < kills) {
    const child = startImport(plan)
    let startedAt = 0
    let openedAt: number | undefined
    let aimed = false
    const killWithin = (milliseconds: number) => {
      if (!aimed) setTimeout(() => child.kill('SIGKILL'), random.next() * milliseconds)
      aimed = true
    }
    child.on('message', (report: ImportReport) => {
      if (report.kind === 'started') {
        startedAt = Date.now()
        // The import was too short for all kills: the rest strike a child that opens a complete file.
        if (complete) killWithin(lastWorkMs)
        return
      }
      if (report.kind === 'opened') {
        openedAt = Date.now()
        expectNothingLost(acknowledged, report.commits)
        if (killed > 0 && !complete) plan.onResume(report.commits)
      }
      acknowledged = report.commits
      plan.onProgress(acknowledged)
      const target = targets[killed]
      if (target !== undefined && acknowledged >= target) killWithin(LONGEST_AIM_MS)
    })

    const end = await ending(child)
    if (openedAt !== undefined && !complete) importMs += Date.now() - openedAt
    if (end === 'killed') {
      killed += 1
      plan.onKill(killed, acknowledged)
    } else {
      complete = true
      lastWorkMs = Date.now() - startedAt
    }
  }
  return { totalMs: Date.now() - begun, importMs }
}

function startImport({ filename, repository }: Supervision): ChildProcess {
  const head = repository.head === undefined ? [] : [repository.head]
  return fork(importProgram, [filename, repository.path, ...head])
}

/** Waits for the end of the process and of its messages, which may come after it. */
async function ending(child: ChildProcess): Promise<'killed' | 'ended'> {
  const messages = new Promise<void>((resolve) => child.on('disconnect', resolve))
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (...exit) => resolve(exit))
  })
  if (signal !== 'SIGKILL' && code !== 0) throw new ImportFailed(code ?? signal)
  await messages
  return signal === 'SIGKILL' ? 'killed' : 'ended'
}

/** The child has said why on stderr. */
export class ImportFailed extends Error {
  override readonly name = 'ImportFailed'

  constructor(readonly exit: number | string | null) {
    super(`The import ended with ${exit}.`)
  }
}

/** A kill may cost what was not yet acknowledged, and nothing else. */
function expectNothingLost(acknowledged: number, found: number): void {
  if (found >= acknowledged) return
  throw new Error(
    `${acknowledged} commits were acknowledged before the kill, and only ${found} are in the log.`,
  )
}
