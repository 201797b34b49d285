/**
 * The proof of the demo, against git itself:
 *
 * - the `files` collection is the tree of the last commit;
 * - the state folded from the log is the tree of the commit at five positions across the log;
 * - every commit of git is one entry of the log, in git's order, and one row of the `commits` collection;
 * - `verify` finds nothing.
 */
import type { Daybook } from 'daybook'
import type { Random } from '../random.js'
import { openCollections } from './collections.js'
import { fold } from './fold.js'
import type { Repository, TreeEntry } from './git.js'

export interface Proof {
  /** What is not as it should be, the first ones of each kind; empty when everything holds. */
  differences: string[]
  /** Where the fold of the log was compared with git. */
  compared: { position: string; commit: string; files: number; equal: boolean }[]
  entries: number
  commits: number
  files: number
}

interface Tree {
  get(path: string): { mode: string; blob: string } | undefined
  keys(): Iterable<string>
  readonly size: number
}

/** So many differences of a kind are told; the first one is what a person looks at. */
const TOLD = 5

export async function prove(
  daybook: Daybook,
  repository: Repository,
  total: number,
  random: Random,
): Promise<Proof> {
  const { commits, files } = await openCollections(daybook)
  const differences: string[] = []
  const tell = (found: readonly string[]) => void differences.push(...found.slice(0, TOLD))

  const head =
    repository.head === undefined ? new Map<string, TreeEntry>() : await repository.tree(repository.head)
  tell(differencesOf('the files collection', files, head))
  if (commits.size !== total) tell([`the commits collection has ${commits.size} rows, git ${total} commits`])

  const compared: Proof['compared'] = []
  const places = pickPlaces(total, random)
  const hashes = repository.hashes()
  let entries = 0
  for await (const { entry, commit, state } of fold(daybook)) {
    entries += 1
    const position = `${entry.position.term}:${entry.position.seq}`
    const hash = (await hashes.next()).value ?? 'none'
    if (commit?.hash !== hash)
      tell([`entry ${position} is commit ${commit?.hash ?? 'none'}, in git it is ${hash}`])
    if (commits.get(hash)?.number !== entries)
      tell([`commit ${hash} is not row ${entries} of the commits collection`])
    if (places.has(entries)) {
      const found = differencesOf(`the log at ${position}`, state, await repository.tree(hash))
      tell(found)
      compared.push({ position, commit: hash, files: state.size, equal: found.length === 0 })
    }
    // One difference in the order makes all that follow different.
    if (differences.length > 0) break
  }
  if (differences.length === 0 && entries !== total) tell([`the log has ${entries} commits, git ${total}`])
  await hashes.return(undefined)

  const { findings } = await daybook.verify()
  tell(findings.map((finding) => `verify: ${JSON.stringify(finding)}`))
  return { differences, compared, entries, commits: commits.size, files: files.size }
}

/** The first, the last and three between, or all of them when there are not so many. */
function pickPlaces(total: number, random: Random): Set<number> {
  const places = new Set<number>()
  if (total > 0) places.add(1).add(total)
  while (places.size < Math.min(5, total)) places.add(1 + random.below(total))
  return places
}

function differencesOf(what: string, actual: Tree, expected: ReadonlyMap<string, TreeEntry>): string[] {
  const differences: string[] = []
  for (const [path, { mode, blob }] of expected) {
    const file = actual.get(path)
    if (file === undefined) differences.push(`${what} lacks ${JSON.stringify(path)}, which git has`)
    else if (file.mode !== mode || file.blob !== blob) {
      const [ours, theirs] = [`${file.mode} ${file.blob}`, `${mode} ${blob}`]
      differences.push(`${what} has ${ours} at ${JSON.stringify(path)}, git has ${theirs}`)
    }
  }
  for (const path of actual.keys()) {
    if (!expected.has(path)) differences.push(`${what} has ${JSON.stringify(path)}, which git does not have`)
  }
  return differences
}
