/**
 * The child process: brings the daybook file up to the repository's head and ends. It may be killed at any moment; it
 * keeps no notes of its own, the next one asks the log how far it came.
 *
 *     node import.js FILE REPOSITORY HEAD
 */
import { openDaybook } from 'daybook/node'
import { importCommit, newestCommit, openCollections } from './collections.js'
import { openRepository } from './git.js'
import { printFailure } from './report.js'

/** What the child tells its parent. */
export type ImportReport =
  | { kind: 'started' }
  /** How many commits are in the log, and are there for good: as it was found, and then as it grows. */
  | { kind: 'opened' | 'progress'; commits: number }

/** Often enough to look alive, and seldom enough to cost nothing. */
const REPORT_EVERY_MS = 10

async function importRepository(filename: string, path: string, head: string | undefined): Promise<void> {
  report({ kind: 'started' })
  const repository = await openRepository(path, head)
  const daybook = openDaybook({ filename, retain: 'all' })
  await daybook.ready
  const collections = await openCollections(daybook)

  const newest = newestCommit(collections.commits.values())
  let number = newest?.number ?? 0
  report({ kind: 'opened', commits: number })

  let reportedAt = Date.now()
  for await (const commit of repository.history(newest?.hash)) {
    number += 1
    await importCommit(daybook, collections, number, commit)
    if (Date.now() - reportedAt >= REPORT_EVERY_MS) {
      report({ kind: 'progress', commits: number })
      reportedAt = Date.now()
    }
  }
  await daybook.close()
  report({ kind: 'progress', commits: number })
}

function report(message: ImportReport): void {
  process.send?.(message)
}

// Nobody is left to report to: the demo was interrupted.
process.on('disconnect', () => process.exit(1))

const [filename, path, head] = process.argv.slice(2)
if (filename === undefined || path === undefined) throw new Error('usage: import.js FILE REPOSITORY [HEAD]')
try {
  await importRepository(filename, path, head)
  if (process.connected) {
    process.removeAllListeners('disconnect')
    process.disconnect()
  }
} catch (error) {
  printFailure(error)
  process.exit(1)
}
