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

/** The key that was stored as this text; nothing when encodeKey cannot have written it. */
export function parseKey(text: string): Key | undefined {
  try {
    const key: unknown = JSON.parse(text)
    return isKey(key) ? key : undefined
  } catch {
    return undefined
  }
}

/** Whether it can be a row's key. */
export const isKey = (key: unknown): key is Key =>
  typeof key === 'string' || (typeof key === 'number' && Number.isFinite(key))
