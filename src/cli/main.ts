#!/usr/bin/env node
/** `daybook`: the log on the command line. Only joins the command with the process. */

import { run } from './run.js'

const interrupted = new AbortController()
let listens = false
// `daybook log app.db | head`: whoever read has seen enough, and that is fine.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), {
  // Only a verb that reads it opens it.
  get stdin() {
    return process.stdin.setEncoding('utf8') as AsyncIterable<string>
  },
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => Date.now(),
  // Ctrl-C ends the process as it always does, unless a verb has something to do before.
  get interrupted() {
    if (!listens) process.once('SIGINT', () => interrupted.abort())
    listens = true
    return interrupted.signal
  },
})
