/**
 * Every failure that the world (not a bug of ours) can cause, one small class each.
 *
 * A `code` never changes once released; messages may. The facts are fields, the cause is kept, and each message
 * ends with what to do about it. `docs/errors.md` lists them all and a test compares it with these files.
 */

export { DaybookError } from './errors/base.js'
export * from './errors/contexts.js'
export * from './errors/damage.js'
export * from './errors/left-out.js'
export * from './errors/migrations.js'
export { formatPosition, type Position } from './errors/position.js'
export * from './errors/reading.js'
export * from './errors/refusals.js'
export * from './errors/storage.js'
export * from './errors/synced.js'
export * from './errors/transfer.js'
export * from './errors/trimmed.js'
export * from './errors/unsupported.js'
export * from './errors/usage.js'
export { describe, messageOf, quote } from './errors/words.js'
export * from './errors/writing.js'
