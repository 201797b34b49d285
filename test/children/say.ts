/** What children print: one JSON value a line, in the pipe before the call returns, so that a kill cannot take it back. */

import { writeSync } from 'node:fs'

const STDOUT = 1

/** Prints a value at once. */
export function say(value: unknown): void {
  const line = Buffer.from(`${JSON.stringify(value)}\n`)
  for (let at = 0; at < line.length; ) {
    try {
      at += writeSync(STDOUT, line, at)
    } catch (error) {
      // The pipe is full for the moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
