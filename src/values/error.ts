import { list, record, text, type ValueType } from './type.js'

/**
 * Errors, as `structuredClone` sees them: name, message, stack and cause, and besides these the errors of an
 * AggregateError. An error of a class of the app comes back as an Error that has its name. Further properties are not
 * kept, and where they come from (a DOMException has nothing of its own) makes no difference.
 */
export const errorType: ValueType<Error> = {
  name: 'Error',
  encode(error) {
    const json: Record<string, unknown> = { name: String(error.name) }
    if (Object.hasOwn(error, 'message') || error.message) json.message = String(error.message)
    if (typeof error.stack === 'string') json.stack = error.stack
    if (Object.hasOwn(error, 'cause')) json.cause = error.cause
    if (json.name === 'AggregateError' && 'errors' in error && Array.isArray(error.errors))
      json.errors = error.errors
    return json
  },
  decode(json) {
    const { name, message, stack, cause, errors } = record(json)
    const error = make(text(name))
    if (message !== undefined) hide(error, 'message', text(message))
    hide(error, 'stack', stack === undefined ? undefined : text(stack))
    if (Object.hasOwn(record(json), 'cause')) hide(error, 'cause', cause)
    if (errors !== undefined) hide(error, 'errors', list(errors))
    return error
  },
}

const make = (name: string): Error => {
  if (name === 'AggregateError') return new AggregateError([])
  const Standard = STANDARD.find((candidate) => candidate.name === name)
  if (Standard !== undefined) return new Standard()
  const error = new Error()
  hide(error, 'name', name)
  return error
}

const STANDARD = [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]

/** As the language does it: a property of the error itself that a loop over its fields does not meet. */
const hide = (error: Error, name: string, value: unknown): void => {
  Object.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true })
}
