/** Which repository the demo imports. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openRepository, type Repository } from './git.js'
import { printLine } from './report.js'
import { makeSampleRepository } from './sample-repository.js'

/** A history with fewer commits than this shows nothing. */
const WORTH_SHOWING = 60

/** Always the same sample, so that two runs of the demo can be compared. */
const SAMPLE_SEED = 2

/** The package that this example is part of, three folders up from `build/examples/git-import/`. */
const packageFolder = fileURLToPath(new URL('../../..', import.meta.url))

/** The one that was asked for; else the one that this example belongs to; else one made for the occasion. */
export async function chooseRepository(path: string | undefined, sampleCommits: number): Promise<Repository> {
  if (path !== undefined) return openRepository(path)
  return (await ownRepository()) ?? (await sampleRepository(sampleCommits))
}

async function ownRepository(): Promise<Repository | undefined> {
  try {
    const repository = await openRepository(packageFolder)
    // Installed as a dependency, the package lies in the repository of an app, which nobody has asked us to read.
    const own = repository.root !== undefined && realpathSync(repository.root) === realpathSync(packageFolder)
    return own && (await repository.countCommits()) >= WORTH_SHOWING ? repository : undefined
  } catch {
    return undefined
  }
}

async function sampleRepository(commits: number): Promise<Repository> {
  printLine(`Making a git repository of ${commits} commits to import (give the path of one to import that) …`)
  const parent = mkdtempSync(join(tmpdir(), 'daybook-sample-'))
  process.once('exit', () => rmSync(parent, { recursive: true, force: true }))
  // Without this the exit event does not come.
  process.once('SIGINT', () => process.exit(130))
  process.once('SIGTERM', () => process.exit(143))
  await makeSampleRepository(parent, { commits, seed: SAMPLE_SEED })
  return { ...(await openRepository(parent)), name: 'sample' }
}
