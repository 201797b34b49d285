/** Who holds locks on a database, as far as the system tells, and on what daybook's own lock files stand for. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'

export interface HeldLock {
  /** `database`, `-wal`, `-shm`, or the name of a lock file. */
  readonly file: string
  readonly pid: number
  /** What the process is called. */
  readonly process: string | undefined
  readonly kind: string
}

/** Nothing where the system does not tell: only Linux does, in /proc/locks. */
export function heldLocks(database: string): readonly HeldLock[] | undefined {
  if (!existsSync('/proc/locks')) return undefined
  const names = new Map<string, string>()
  const add = (path: string, name: string): void => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found !== undefined) names.set(String(found.ino), name)
  }
  add(database, 'database')
  for (const suffix of ['-wal', '-shm']) add(database + suffix, suffix)
  for (const name of lockFiles(database)) add(`${database}-locks/${name}`, name)
  // 1: POSIX  ADVISORY  READ 1234 08:01:131090 1073741826 1073742335
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, , , kind = '', pid = '', inode = ''] = line.trim().split(/\s+/)
      const file = names.get(inode.split(':').at(-1) as string)
      if (file === undefined || Number(pid) === process.pid) return []
      return [{ file, pid: Number(pid), process: nameOf(pid), kind: kind.toLowerCase() }]
    })
}

/** The lock files of sync owners that there are, held or left behind. */
export function lockFiles(database: string): string[] {
  try {
    return readdirSync(`${database}-locks`).filter((name) => !/-(wal|shm|journal)$/.test(name))
  } catch {
    return []
  }
}

function nameOf(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return undefined
  }
}
