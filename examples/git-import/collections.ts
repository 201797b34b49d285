/** The two collections of the demo, and one commit of git as one transaction over both. */
import { type Collection, createCollection, createTransaction } from '@tanstack/db'
import { type Daybook, persistedCollectionOptions } from 'daybook'
import type { Change, Commit } from './git.js'

export interface CommitRow {
  hash: string
  /** 1 for the oldest; the newest commit of the log is the one with the highest. */
  number: number
  parent: string | null
  author: string
  email: string
  authoredAt: string
  subject: string
  /** How many paths it changes. */
  changes: number
}

export interface FileRow {
  path: string
  mode: string
  blob: string
  /** The commit that last changed it. */
  commit: string
}

type Put = Extract<Change, { status: 'put' }>

export interface Collections {
  commits: Collection<CommitRow, string>
  files: Collection<FileRow, string>
}

/** Both collections with the rows that are in the log now. */
export async function openCollections(daybook: Daybook): Promise<Collections> {
  const commits = createCollection(
    persistedCollectionOptions({ id: 'commits', getKey: (row: CommitRow) => row.hash, persistence: daybook }),
  )
  const files = createCollection(
    persistedCollectionOptions({ id: 'files', getKey: (row: FileRow) => row.path, persistence: daybook }),
  )
  await Promise.all([commits.preload(), files.preload()])
  return { commits, files }
}

/**
 * Resolves when the commit is in the log, with all its changes, as one entry; killed before that, the log has all of
 * it or nothing.
 */
export async function importCommit(
  daybook: Daybook,
  { commits, files }: Collections,
  number: number,
  { changes, ...commit }: Commit,
): Promise<void> {
  const transaction = createTransaction({
    autoCommit: false,
    mutationFn: ({ transaction }) => daybook.commit(transaction),
  })
  const puts = changes.filter((change) => change.status === 'put')
  const changed = puts.filter(({ path }) => files.has(path))
  const added = puts.filter(({ path }) => !files.has(path))
  const removed = changes.filter((change) => change.status === 'delete')
  // A call for each kind of change, not for each file: a collection recomputes what it shows at every call, and the
  // first commit of a large repository adds a hundred thousand files.
  transaction.mutate(() => {
    commits.insert({ ...commit, number, parent: commit.parent ?? null, changes: changes.length })
    if (removed.length > 0) files.delete(removed.map(({ path }) => path))
    if (added.length > 0) files.insert(added.map((change) => fileRow(change, commit.hash)))
    if (changed.length > 0) {
      const paths = changed.map(({ path }) => path)
      files.update(paths, (rows) => {
        for (const [index, row] of rows.entries()) Object.assign(row, fileRow(changed[index]!, commit.hash))
      })
    }
  })
  await transaction.commit()
}

function fileRow({ path, mode, blob }: Put, commit: string): FileRow {
  return { path, mode, blob, commit }
}

/** Where the log ends: the newest commit, or undefined in a new file. */
export function newestCommit(commits: Iterable<CommitRow>): CommitRow | undefined {
  let newest: CommitRow | undefined
  for (const commit of commits) {
    if (newest === undefined || commit.number > newest.number) newest = commit
  }
  return newest
}
