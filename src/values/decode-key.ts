import { UnreadableValueError } from '../errors.js'
import { type Key, parseKey } from './key.js'

/**
 * The key that was stored as this text.
 *
 * @throws UnreadableValueError if encodeKey cannot have written it
 * @example
 * decodeKey('"1"') // '1'
 */
export function decodeKey(text: string): Key {
  const key = parseKey(text)
  if (key === undefined) throw new UnreadableValueError([], `${JSON.stringify(text)} is not a row key`)
  return key
}
