import { UnreadableValueError } from '../errors.js'

/** A row's key. `1` and `'1'` are different keys. */
export type Key = string | number

/**
 * A key as it is stored: its JSON. So `1` and `'1'` stay apart in one column, and lone surrogates and NUL, which JSON
 * escapes, get through every binding.
 *
 * @example
 * encodeKey(1) // '1'
 * encodeKey('1') // '"1"'
 */
export const encodeKey = (key: Key): string => JSON.stringify(key)

/**
 * The key that was stored as this text.
 *
 * @throws UnreadableValueError if encodeKey cannot have written it
 * @example
 * decodeKey('"1"') // '1'
 */
export function decodeKey(text: string): Key {
  const key = parse(text)
  if (isKey(key)) return key
  throw new UnreadableValueError([], `${JSON.stringify(text)} is not a row key`)
}

/** Whether it can be a row's key. */
export const isKey = (key: unknown): key is Key =>
  typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key))

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
