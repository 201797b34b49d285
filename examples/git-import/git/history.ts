/**
 * The history of a repository as a stream: commits along the first parents, oldest first, each with the paths that
 * it changes against its first parent. Folding the changes of all commits through X gives exactly the tree of X.
 *
 * Two gits do the work: `rev-list` says which commits in which order, `diff-tree` compares each with the parent that
 * `rev-list` named. In a shallow clone the oldest commit has no parent here, so it is compared with the empty tree.
 */
import { pipeline } from 'node:stream/promises'
import { RepositoryError } from './errors.js'
import { pathFromBytes } from './paths.js'
import { type GitProcess, nulFields, startGit } from './process.js'

export interface Commit {
  hash: string
  /** The first parent; `undefined` for a root and for the oldest commit of a shallow clone. */
  parent: string | undefined
  author: string
  email: string
  /** ISO 8601 with the author's time zone; empty where the commit has no readable date. */
  authoredAt: string
  subject: string
  changes: Change[]
}

/** A rename is a delete and a put; a change of mode or of type (file, symlink, submodule) is a put. */
export type Change =
  | {
      status: 'put'
      path: string
      /** As git writes it: `100644`, `100755`, `120000` (symlink) or `160000` (submodule). */
      mode: string
      /** The object id; for a submodule the id of its commit. */
      blob: string
    }
  | { status: 'delete'; path: string }

/** The fields of one commit, in the order in which `readCommits` takes them off. */
const commitFields = ['%H', '%P', '%an', '%ae', '%aI', '%s']

const diffTree = [
  'diff-tree',
  '--stdin',
  '-z',
  '-r',
  '--root',
  '--raw',
  '--always', // also the commits that change nothing
  '--no-abbrev',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--no-relative',
  '--ignore-submodules=none',
  '--encoding=UTF-8',
  `--format=tformat:${commitFields.join('%x00')}`,
]

/** The commits after `after` (or all of them) up to and including `head`. */
export async function* readHistory(path: string, head: string, after?: string): AsyncGenerator<Commit> {
  const walk = startWalk(path, after === undefined ? [head] : [head, `^${after}`])
  const diff = startGit(path, diffTree)
  // Either process can end early; its exit says why, so a pipe that breaks between them adds nothing.
  const feeding = pipeline(walk.stdout, firstParentLines, diff.stdin).catch(() => {})
  try {
    let previous = after
    for await (const commit of readCommits(nulFields(diff.stdout))) {
      if (commit.parent !== previous) throw otherHistory(path, previous, commit)
      yield commit
      previous = commit.hash
    }
    await feeding
    const error = (await diff.exit) ?? (await walk.exit)
    // A history that stops in the middle must never look like one that is complete.
    if (error !== undefined) throw error
  } finally {
    walk.stop()
    diff.stop()
  }
}

/** The hashes of all commits up to and including `head`, in the order of the history. */
export async function* readHashes(path: string, head: string): AsyncGenerator<string> {
  const walk = startWalk(path, [head])
  try {
    for await (const lines of linesOf(walk.stdout)) {
      for (const line of lines) yield line.split(' ', 1)[0] ?? ''
    }
    const error = await walk.exit
    if (error !== undefined) throw error
  } finally {
    walk.stop()
  }
}

/** A line `commit parent parent …` for each commit. */
function startWalk(path: string, range: readonly string[]): GitProcess {
  const walk = startGit(path, ['rev-list', '--first-parent', '--reverse', '--parents', ...range, '--'])
  walk.stdin.end()
  return walk
}

/** `commit parent`: what `diff-tree --stdin` compares. The other parents of a merge are left out. */
async function* firstParentLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const lines of linesOf(bytes)) {
    yield lines.map((line) => `${line.split(' ', 2).join(' ')}\n`).join('')
  }
}

/** The whole lines of each chunk. */
async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string[]> {
  let begun = ''
  for await (const chunk of bytes) {
    const lines = (begun + chunk.toString('latin1')).split('\n')
    begun = lines.pop() ?? ''
    if (lines.length > 0) yield lines
  }
}

/**
 * The output is a flat row of fields: those of a commit, then `:…status` and a path for each change, then the next
 * commit. Only a change starts with a colon, and it may come after the newline that ends the commit's text.
 */
async function* readCommits(chunks: AsyncIterable<Buffer[]>): AsyncGenerator<Commit> {
  let commit: Commit | undefined
  let header: string[] = []
  let change: string | undefined
  for await (const fields of chunks) {
    for (const field of fields) {
      if (change !== undefined) {
        commit?.changes.push(parseChange(change, field))
        change = undefined
      } else if (header.length === 0 && isChange(field)) {
        change = field.toString('latin1').trimStart()
      } else {
        if (header.length === 0 && commit !== undefined) {
          yield commit
          commit = undefined
        }
        header.push(field.toString('utf8'))
        if (header.length === commitFields.length) {
          commit = parseCommit(header)
          header = []
        }
      }
    }
  }
  if (commit !== undefined) yield commit
}

function isChange(field: Buffer): boolean {
  const colon = 0x3a
  const newline = 0x0a
  return field[0] === colon || (field[0] === newline && field[1] === colon)
}

function parseCommit(header: string[]): Commit {
  const [hash = '', parents = '', author = '', email = '', authoredAt = '', subject = ''] = header
  const parent = parents === '' ? undefined : parents.split(' ')[0]
  return { hash: hash.trimStart(), parent, author, email, authoredAt, subject, changes: [] }
}

/** `:oldmode newmode oldblob newblob status`. */
function parseChange(change: string, bytes: Buffer): Change {
  const path = pathFromBytes(bytes)
  const [, mode = '', , blob = '', status = ''] = change.split(' ')
  switch (status) {
    case 'A':
    case 'M':
    case 'T':
      return { status: 'put', path, mode, blob }
    case 'D':
      return { status: 'delete', path }
    default:
      throw new RepositoryError(
        'GIT_FAILED',
        `git diff-tree answered with a change of an unknown kind: ${change}`,
      )
  }
}

function otherHistory(path: string, previous: string | undefined, commit: Commit): RepositoryError {
  return new RepositoryError(
    'OTHER_HISTORY',
    `${path} does not go on from commit ${previous ?? 'none'}: the next one, ${commit.hash}, has the parent ` +
      `${commit.parent ?? 'none'}. The history was rewritten, or this is another repository.`,
  )
}
