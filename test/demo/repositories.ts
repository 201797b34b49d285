/** Real git repositories in temporary folders, whatever the machine's own git configuration says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const identity = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.org',
  GIT_AUTHOR_DATE: '2020-01-02T03:04:05+01:00',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.org',
  GIT_COMMITTER_DATE: '2020-01-02T03:04:05+01:00',
}

/** A folder for one test file; `remove` it when done. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'daybook-demo-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Runs git in a folder and returns what it printed. */
export function git(folder: string, args: string[], input?: string | Buffer): string {
  return execFileSync('git', args, {
    cwd: folder,
    env: { ...process.env, ...identity },
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  }).trimEnd()
}
