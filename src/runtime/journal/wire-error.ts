/**
 * Errors on their way through a channel: what arrives is an instance of the same class (which goes by the code), with the
 * same facts.
 */

import { DaybookError, messageOf, RemoteError } from '../../errors.js'
import type { WireError } from './protocol.js'

export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'RemoteError', message: String(error), fields: {} }
  // What every error has for itself is not a fact.
  const facts = Object.entries(error).filter(([field]) => field !== 'name' && field !== 'cause')
  const because = error.cause === undefined ? [] : [['cause', messageOf(error.cause)]]
  return {
    name: error.name,
    message: error.message,
    fields: cloneable(Object.fromEntries([...facts, ...because])),
  }
}

export function fromWire({ name, message, fields: { cause, ...facts } }: WireError): Error {
  const because = cause === undefined ? undefined : { cause: new Error(String(cause)) }
  if (!String(facts.code).startsWith('DAYBOOK_')) return new RemoteError(message, because)
  return Object.assign(Object.setPrototypeOf(new Error(message, because), DaybookError.prototype), facts, {
    name,
  })
}

// An error may name anything that the app has handed in.
function cloneable(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return structuredClone(fields)
  } catch {
    return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, String(value)]))
  }
}
