/** Checks a transaction that somebody asks the log to append. */

import { InvalidTransactionError } from '../errors.js'
import type { Transaction } from './entry.js'
import { KindOfOps, type TransactionKind } from './kind.js'
import { kindMadeByEncodeOps } from './op.js'
import { isRequirement } from './requirements.js'
import { isStoredOp } from './stored-op.js'

/** An origin is an id: short, and of characters that every binding stores as they are. */
const ORIGIN = /^[\x21-\x7e]{1,128}$/

/** What a transaction may require at once: one thing of each collection, in any transaction that anybody would make. */
const REQUIREMENTS_LIMIT = 10_000

/**
 * Answers with the kind of entry that the transaction makes.
 *
 * @throws InvalidTransactionError saying what is wrong; the log is not touched
 */
export function checkTransaction(transaction: Transaction): TransactionKind {
  if (typeof transaction !== 'object' || transaction === null)
    throw new InvalidTransactionError('it is not an object')
  const { origin, originSeq, parts, term, requires } = transaction
  if (typeof origin !== 'string' || !ORIGIN.test(origin)) {
    throw new InvalidTransactionError('its origin is not a text of 1 to 128 printable ASCII characters')
  }
  if (!Number.isSafeInteger(originSeq) || originSeq < 1) {
    throw new InvalidTransactionError('its origin seq is not a whole number from 1')
  }
  if (term !== undefined && (!Number.isSafeInteger(term) || term < 1)) {
    throw new InvalidTransactionError('its term is not a whole number from 1')
  }
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    throw new InvalidTransactionError('its body is not a list of texts')
  }
  if (requires !== undefined) checkRequirements(requires)
  return kindMadeByEncodeOps(parts) ?? checkParts(parts)
}

function checkRequirements(requires: readonly unknown[]): void {
  if (!Array.isArray(requires) || requires.length > REQUIREMENTS_LIMIT) {
    throw new InvalidTransactionError(`its requirements are not a list of at most ${REQUIREMENTS_LIMIT}`)
  }
  if (!requires.every(isRequirement)) throw new InvalidTransactionError('it has a malformed requirement')
}

/**
 * Checks parts that came from outside: every one a JSON array of well-formed ops, of text that every binding stores as
 * it is.
 *
 * @throws InvalidTransactionError
 */
function checkParts(parts: readonly string[]): TransactionKind {
  const kind = new KindOfOps()
  if (parts.length === 0) throw new InvalidTransactionError('it has no body')
  for (const part of parts) {
    if (LONE_SURROGATE.test(part))
      throw new InvalidTransactionError('a part of its body is not well-formed Unicode')
    const ops = parsed(part)
    if (!Array.isArray(ops)) throw new InvalidTransactionError('a part of its body is not an array of ops')
    for (const op of ops) {
      if (!isStoredOp(op)) throw new InvalidTransactionError('its body has a malformed op')
      kind.add(op)
    }
    if (!hasOnlyFinite(ops)) throw new InvalidTransactionError('its body has a number that JSON cannot hold')
  }
  return kind.kind
}

const LONE_SURROGATE = /\p{Surrogate}/u

function parsed(part: string): unknown {
  try {
    return JSON.parse(part)
  } catch {
    throw new InvalidTransactionError('a part of its body is not JSON')
  }
}

// JSON.parse reads 1e999 as Infinity, and JSON.stringify writes that as null.
function hasOnlyFinite(json: unknown): boolean {
  if (typeof json === 'number') return Number.isFinite(json)
  return typeof json !== 'object' || json === null || Object.values(json).every(hasOnlyFinite)
}
