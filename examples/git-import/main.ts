/**
 * The demo: imports the history of a git repository through TanStack DB collections into a daybook file, kills the
 * import again and again while it runs, and proves the result against git.
 *
 *     npm run demo
 *     npm run demo -- PATH_TO_ANY_GIT_REPOSITORY [--kills 5] [--seed 1]
 */
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { openDaybook } from 'daybook/node'
import { seededRandom } from '../random.js'
import type { Repository } from './git.js'
import { Progress } from './progress.js'
import { type Proof, prove } from './proof.js'
import { count, printFailure, printLine, printTable } from './report.js'
import { ImportFailed, importThroughKills } from './supervise.js'
import { chooseRepository } from './target.js'

const usage = `Usage: npm run demo -- [PATH] [--kills N] [--seed N] [--commits N]

Imports the history of the git repository at PATH into a daybook file, and proves the result against git.
Without PATH: the repository of daybook itself, or one that is made for the demo.

  --kills N     how often the import is killed while it runs (5)
  --seed N      chooses the moments of the kills (random)
  --commits N   the size of the repository that is made when there is none (3000)
`

interface Options {
  path: string | undefined
  kills: number
  seed: number
  commits: number
}

async function demo({ path, kills, seed, commits }: Options): Promise<boolean> {
  const repository = await chooseRepository(path, commits)
  const total = await repository.countCommits()
  const filename = freshFile(repository.name)
  printTable([
    ['Repository', `${repository.path}${repository.shallow ? ' (a shallow clone)' : ''}`],
    ['Commits', `${count(total)} along the first parents${total === 0 ? ': nothing to import yet' : ''}`],
    ['Daybook', relative(process.cwd(), filename)],
    ['Kills', `${kills}, at moments of seed ${seed}`],
  ])
  printLine()

  const random = seededRandom(seed)
  const progress = new Progress(total)
  const { totalMs, importMs } = await importThroughKills({
    filename,
    repository,
    total,
    kills,
    random,
    onProgress: (done) => progress.update(done),
    onKill: (kill, done) => progress.say(`  kill ${kill} of ${kills}: SIGKILL after commit ${count(done)}`),
    onResume: (found) => progress.say(`  started again: ${count(found)} commits are in the log`),
  })
  progress.finish()

  const daybook = openDaybook({ filename, retain: 'all' })
  const proof = await prove(daybook, repository, total, random)
  await daybook.close()
  printProof(proof, repository)
  printLine()
  printTable([
    ['commits', total],
    ['entries', proof.entries],
    ['rows', proof.commits + proof.files],
    ['kills survived', kills],
    ['entries/s', importMs === 0 ? 0 : total / (importMs / 1000)],
    ['seconds, restarts included', Math.ceil(totalMs / 1000)],
    ['file size in KiB', statSync(filename).size / 1024],
  ])
  printLine(
    `\nLook inside:\n  sqlite3 ${relative(process.cwd(), filename)} ` +
      `"SELECT value ->> '$.author', count(*) FROM rows_commits GROUP BY 1 ORDER BY 2 DESC LIMIT 10"`,
  )
  return proof.differences.length === 0
}

function printProof({ compared, differences }: Proof, repository: Repository): void {
  printLine('\nThe log, folded up to five positions, against git ls-tree:')
  const rows = compared.map(({ position, commit, files, equal }) => [
    position,
    commit.slice(0, 12),
    count(files),
    equal ? 'equal' : 'DIFFERENT',
  ])
  printTable([['position', 'commit', 'files', ''], ...rows])
  if (differences.length === 0) {
    printLine('\nThe files collection equals git ls-tree of the last commit.')
    printLine('Every commit is exactly one entry and one row. verify finds nothing.')
    return
  }
  printLine(`\nDIFFERENT from ${repository.path}:`)
  for (const difference of differences) printLine(`  ${difference}`)
}

/** The demo starts from nothing each time; the file of the last time stays until then, to be looked at. */
function freshFile(name: string): string {
  const folder = resolve('.demo')
  mkdirSync(folder, { recursive: true })
  // A name that needs no quotes in a shell, and is not hidden.
  const plain = name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'repository'
  const filename = join(folder, `${plain}.db`)
  for (const suffix of ['', '-wal', '-shm']) rmSync(filename + suffix, { force: true })
  return filename
}

function readOptions(): Options | undefined {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kills: { type: 'string', default: '5' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      commits: { type: 'string', default: '3000' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return undefined
  if (positionals.length > 1) throw new TypeError('one repository at a time, please')
  return {
    path: positionals[0] === undefined ? undefined : fromUsersFolder(positionals[0]),
    kills: wholeNumber('kills', values.kills),
    seed: wholeNumber('seed', values.seed),
    commits: wholeNumber('commits', values.commits),
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new TypeError(`--${name} takes a whole number, not ${JSON.stringify(text)}`)
  return Number(text)
}

/** `npm run` changes to the package's folder; a relative path is meant from where the person is. */
function fromUsersFolder(path: string): string {
  const folder = process.env.npm_lifecycle_event === 'demo' ? process.env.INIT_CWD : undefined
  return resolve(folder ?? '.', path)
}

async function main(): Promise<number> {
  let options: Options | undefined
  try {
    options = readOptions()
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`)
    return 1
  }
  if (options === undefined) {
    process.stdout.write(usage)
    return 0
  }
  try {
    return (await demo(options)) ? 0 : 1
  } catch (error) {
    // The child has already said why on stderr.
    if (!(error instanceof ImportFailed)) printFailure(error)
    return 1
  }
}

process.exitCode = await main()
