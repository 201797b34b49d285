/** The command in this process: thousands of runs in little time. */

import { Readable, Writable } from 'node:stream'
import { run } from '../../../src/cli/run.js'

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export async function inProcess(...args: string[]): Promise<Ran> {
  const stdout = collecting()
  const stderr = collecting()
  const code = await run(args, {
    stdin: Readable.from([]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    now: () => Date.now(),
    interrupted: new AbortController().signal,
  })
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

function collecting() {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return { stream, text: () => chunks.join('') }
}
