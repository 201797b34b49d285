import { InvalidKeyError, UnreadableValueError } from '../errors.js'

/**
 * A row key as it is stored: its JSON. So `1` and `'1'` stay apart in one column, and lone surrogates and NUL, which
 * JSON escapes, get through every binding. `-0` is the key `0`, as in a Map.
 *
 * @throws InvalidKeyError for anything but a string or a finite number
 * @example
 * encodeKey('todos', 1) // '1'
 * encodeKey('todos', '1') // '"1"'
 */
export const encodeKey = (collection: string, key: unknown): string => {
  if (typeof key !== 'string' && !(typeof key === 'number' && Number.isFinite(key))) {
    throw new InvalidKeyError(collection, key)
  }
  return JSON.stringify(key)
}

/**
 * The key that was stored as this text.
 *
 * @throws UnreadableValueError if encodeKey cannot have written it
 * @example
 * decodeKey('"1"') // '1'
 */
export const decodeKey = (text: string): string | number => {
  const key = parse(text)
  if (typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key))) return key
  throw new UnreadableValueError([], `${JSON.stringify(text)} is not a row key`)
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
