/**
 * The entries that come, as they come, whoever writes them: another connection, another process.
 *
 * A slow timer asks for a token that changes when anybody may have committed; the log is read only when it has.
 */

import { setTimeout } from 'node:timers/promises'
import { BusyError } from '../../errors.js'
import { type Scanned, scanLog } from '../../log/scan.js'
import type { DatabaseFile } from '../database-file.js'
import { extentOf } from '../position/position.js'

/** How often the token is asked for, in ms: entries are shown within this time. */
const INTERVAL = 50

export interface FollowOptions {
  /** The seq of the last entry that was seen. */
  readonly after: number
  readonly until: AbortSignal
  /** Told what happened to the log besides that it grew. */
  readonly onRemark: (text: string) => void
}

export async function* follow(
  file: DatabaseFile,
  { after, until, onRemark }: FollowOptions,
): AsyncGenerator<Scanned> {
  let seen = after
  let token: string | undefined
  while (!until.aborted) {
    try {
      const now = await file.driver.changeToken?.()
      if (token === undefined || now !== token) {
        const { floor, head } = await extentOf(file)
        if (head.seq < seen) {
          onRemark(`the log ends at ${head.seq} now: entries ${head.seq + 1} to ${seen} are gone`)
          seen = head.seq
        } else if (floor.seq > seen + 1) {
          onRemark(`entries ${seen + 1} to ${floor.seq - 1} were trimmed before they were seen`)
          seen = floor.seq - 1
        }
        for await (const scanned of scanLog(file.inspect.bind(file), seen, head.seq)) {
          yield scanned
          seen = scanned.entry === undefined ? scanned.through : scanned.seq
          if (until.aborted) return
        }
        // Only now: a look that failed is made again, and what was committed meanwhile has changed the token.
        token = now
      }
    } catch (error) {
      // Somebody keeps the file locked; it is looked at again.
      if (!(error instanceof BusyError)) throw error
    }
    await setTimeout(INTERVAL, undefined, { signal: until }).catch(() => undefined)
  }
}
