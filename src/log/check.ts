/** Checks a transaction that somebody asks the log to append. */

import { InvalidTransactionError } from '../errors.js'
import type { Transaction } from './entry.js'
import { checkParts } from './op.js'

/** An origin is an id: short, and of characters that every binding stores as they are. */
const ORIGIN = /^[\x21-\x7e]{1,128}$/

/** @throws InvalidTransactionError saying what is wrong; the log is not touched */
export function checkTransaction(transaction: Transaction): void {
  if (typeof transaction !== 'object' || transaction === null)
    throw new InvalidTransactionError('it is not an object')
  const { origin, originSeq, parts, term } = transaction
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
  checkParts(parts)
}
