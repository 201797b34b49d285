import { statSync } from 'node:fs'

/** Which file is at a path; nothing when there is none. Never opens it: drivers/lock-file.ts says why. */
export function fileAt(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false })
  return found && `${found.dev}:${found.ino}`
}
