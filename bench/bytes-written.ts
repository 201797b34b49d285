/** What this process has written, as Linux counts it. */

import { readFileSync } from 'node:fs'

/** Bytes that this process has given to write(2) and its kin so far. The shared memory of the WAL is not among them. */
export function bytesWritten(): number {
  if (process.platform !== 'linux')
    throw new Error('Bytes written are counted by Linux only (/proc/self/io).')
  const counters = readFileSync('/proc/self/io', 'utf8')
  return Number(/^wchar: (\d+)$/m.exec(counters)?.[1])
}
