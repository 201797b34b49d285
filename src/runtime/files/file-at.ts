import { statSync } from 'node:fs'

/** Which file is at a path; nothing when there is none, or none can be. Never opens it: drivers/lock-file.ts says why. */
export function fileAt(path: string): string | undefined {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    return found && `${found.dev}:${found.ino}`
  } catch {
    // A path that leads nowhere: whoever opens it is told why.
    return undefined
  }
}
