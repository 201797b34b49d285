/** Whether two values would be stored as the same text: nothing is lost when one is left in the other's place. */

import type { Codecs } from './codecs.js'
import { encodeValue } from './value.js'

/**
 * Whether two values are the same to the log. A value that cannot be kept equals only itself.
 *
 * @example
 * sameValue({ due: new Date(0) }, { due: new Date(0) }) // true
 * sameValue(0, -0) // false
 */
export function sameValue(one: unknown, other: unknown, codecs?: Codecs): boolean {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  try {
    return textOf(one, codecs) === textOf(other, codecs)
  } catch {
    return false
  }
}

function textOf(value: object, codecs: Codecs | undefined): string {
  const { json, notes } = encodeValue(value, codecs)
  // JSON has no line breaks of its own here, so no value looks like another one's notes.
  return notes === undefined ? JSON.stringify(json) : `${JSON.stringify(json)}\n${JSON.stringify(notes)}`
}
