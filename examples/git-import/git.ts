/**
 * A git repository, read with the git program: which commits it has, what each changes, and what a commit's tree is.
 * It only reads, and never the working tree: a bare repository, a worktree and a subfolder all do.
 */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { RepositoryError } from './git/errors.js'
import { type Commit, readHashes, readHistory } from './git/history.js'
import { readGit } from './git/process.js'
import { readTree, type TreeEntry } from './git/tree.js'

export { RepositoryError, type RepositoryErrorCode } from './git/errors.js'
export type { Change, Commit } from './git/history.js'
export { pathFromBytes, pathToBytes } from './git/paths.js'
export type { TreeEntry } from './git/tree.js'

export interface Repository {
  /** The path it was opened with, absolute. */
  readonly path: string
  /** The top of its working tree; `undefined` when it is bare. */
  readonly root: string | undefined
  /** The name of its folder. */
  readonly name: string
  /** The commit that everything is read up to, fixed when it was opened; `undefined` while there are no commits. */
  readonly head: string | undefined
  readonly shallow: boolean
  /** How many commits `history()` yields. */
  countCommits(): Promise<number>
  /**
   * Commits along the first parents, oldest first, those after `after` only when it is given.
   * Throws `OTHER_HISTORY` when the history does not go on from `after`.
   */
  history(after?: string): AsyncGenerator<Commit>
  /** The hashes of the same commits, without what they change. */
  hashes(): AsyncGenerator<string>
  /** The files of a commit by path. */
  tree(commit: string): Promise<Map<string, TreeEntry>>
}

/**
 * Opens the repository that `path` is in.
 *
 * @param head read up to this commit instead of HEAD, so that two processes see the same history while it grows
 */
export async function openRepository(path: string, head?: string): Promise<Repository> {
  const absolute = resolve(path)
  await expectFolder(absolute)
  const shallow = (await readGit(absolute, ['rev-parse', '--is-shallow-repository'])) === 'true'
  // In a bare repository, and inside .git, there is none.
  const root = await readGit(absolute, ['rev-parse', '--show-toplevel']).catch(() => undefined)
  const last = head ?? (await readHead(absolute))
  return {
    path: absolute,
    root,
    name: await readName(absolute, root),
    head: last,
    shallow,
    async countCommits() {
      if (last === undefined) return 0
      return Number(await readGit(absolute, ['rev-list', '--first-parent', '--count', last, '--']))
    },
    async *history(after) {
      if (last !== undefined && last !== after) yield* readHistory(absolute, last, after)
    },
    async *hashes() {
      if (last !== undefined) yield* readHashes(absolute, last)
    },
    tree: (commit) => readTree(absolute, commit),
  }
}

async function expectFolder(path: string): Promise<void> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new RepositoryError('NO_SUCH_FOLDER', `${path} does not exist or cannot be read.`, { cause })
  })
  if (!found.isDirectory()) throw new RepositoryError('NO_SUCH_FOLDER', `${path} is not a folder.`)
}

/** Undefined on a branch that has no commit yet. Everything else that is not a commit is an error. */
async function readHead(path: string): Promise<string | undefined> {
  try {
    return await readGit(path, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])
  } catch (error) {
    if (await isUnborn(path)) return undefined
    throw error
  }
}

async function isUnborn(path: string): Promise<boolean> {
  try {
    const branch = await readGit(path, ['symbolic-ref', '--quiet', 'HEAD'])
    return (await readGit(path, ['for-each-ref', '--format=%(objectname)', branch])) === ''
  } catch {
    return false
  }
}

async function readName(path: string, root: string | undefined): Promise<string> {
  const folder = root ?? (await readGit(path, ['rev-parse', '--absolute-git-dir']))
  return basename(folder.replace(/\/\.git$/, ''), '.git')
}
