#!/usr/bin/env node
/** `daybook`: the log on the command line. Only joins the command with the process. */

import { run } from './run.js'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
// `daybook log app.db | head`: whoever read has seen enough, and that is fine.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => Date.now(),
  interrupted: interrupted.signal,
})
