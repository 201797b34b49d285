/**
 * Errors on their way through a channel: what arrives is of the same class, with the same facts.
 *
 * Classes go by the names of this package's exports, which bundlers keep; the names of the classes themselves they do not.
 */

import * as errors from '../../errors.js'
import { RemoteError } from '../../errors.js'
import type { WireError } from './protocol.js'

const CLASSES = new Map(Object.entries(errors as Readonly<Record<string, unknown>>))

export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'RemoteError', message: String(error), fields: {} }
  const [name = error.name] = Array.from(CLASSES).find(([, each]) => each === error.constructor) ?? []
  // What every error has for itself is not a fact.
  const facts = Object.entries(error).filter(([field]) => field !== 'name' && field !== 'cause')
  const because = error.cause === undefined ? [] : [['cause', errors.messageOf(error.cause)]]
  return { name, message: error.message, fields: cloneable(Object.fromEntries([...facts, ...because])) }
}

export function fromWire({ name, message, fields: { cause, ...facts } }: WireError): Error {
  const because = cause === undefined ? undefined : { cause: new Error(String(cause)) }
  const found = CLASSES.get(name) as { readonly prototype: Error } | undefined
  if (found === undefined) return new RemoteError(message, because)
  return Object.assign(Object.setPrototypeOf(new Error(message, because), found.prototype), { name }, facts)
}

// An error may name anything that the app has handed in.
function cloneable(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return structuredClone(fields)
  } catch {
    return Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, String(value)]))
  }
}
