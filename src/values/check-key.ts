/** Keys that somebody wants to write. */

import { InvalidKeyError } from '../errors.js'
import { isKey, type Key } from './key.js'

/**
 * The key, if it can be one. `-0` is the key `0`, as in a Map.
 *
 * @throws InvalidKeyError for anything but a string or a finite number
 */
export function checkKey(collection: string, key: unknown): Key {
  if (!isKey(key)) throw new InvalidKeyError(collection, key)
  return key === 0 ? 0 : key
}
