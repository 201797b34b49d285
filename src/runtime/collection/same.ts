import { isPlainJson } from '../../values/plain.js'
import type { Codec } from '../codec.js'

/**
 * Whether two values are the same to the log. Values that this context has no code for yet are not: what did not change
 * is written once more then.
 */
export function isSame(codec: Codec, one: unknown, other: unknown): boolean {
  if (codec.full !== undefined) return codec.full.sameValue(one, other)
  if (Object.is(one, other)) return true
  return isPlainJson(one) && isPlainJson(other) && JSON.stringify(one) === JSON.stringify(other)
}
