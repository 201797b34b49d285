/** What the command answers to the shell (docs/cli.md). */

/** It did what it was asked for. */
export const FINE = 0
/** It could not. */
export const FAILED = 1
/** It was asked for something that makes no sense: an unknown verb, option or position. */
export const USAGE = 2
/** It did, and found what nobody wants to find: damage, or a difference. */
export const FINDINGS = 3
/** Another process keeps the database locked. */
export const BUSY = 4

/** The command line cannot be carried out as it is; the message says what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** It cannot be done with this file; the message says why, and what can be done instead. */
export class FailedError extends Error {
  override readonly name = 'FailedError'
}
