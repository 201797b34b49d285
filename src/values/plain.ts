import { MAX_DEPTH, MAX_SIZE, PLACE_SIZE } from './limits.js'
import type { Json } from './note.js'

/**
 * Whether JSON.stringify and JSON.parse would give back exactly this value. Every write pays for this walk, so it
 * remembers nothing (a cycle ends at the depth limit) and leaves all else to the encoder, as soon as it is met.
 */
export const isPlainJson = (value: unknown): value is Json => {
  try {
    const size = grow(value, 0, 0)
    return size >= 0 && size <= MAX_SIZE
  } catch {
    return false // A getter or a proxy that throws. The encoder meets it again and names its path.
  }
}

const NOT_PLAIN = -1

/** `size` and the size of the value, or NOT_PLAIN. */
const grow = (value: unknown, size: number, depth: number): number => {
  switch (typeof value) {
    case 'string':
      return size + value.length + PLACE_SIZE
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0) ? size + PLACE_SIZE : NOT_PLAIN
    case 'boolean':
      return size + PLACE_SIZE
    case 'object':
      if (value === null) return size + PLACE_SIZE
      if (depth === MAX_DEPTH || size > MAX_SIZE) return NOT_PLAIN
      // JSON.stringify would call it, also one that is inherited or not enumerable.
      if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return NOT_PLAIN
      return Array.isArray(value) ? growArray(value, size, depth) : growObject(value, size, depth)
    default:
      return NOT_PLAIN
  }
}

const growArray = (array: readonly unknown[], before: number, depth: number): number => {
  // There is no cheaper way to see properties besides the elements. (A hole shows as undefined below.)
  if (Object.keys(array).length !== array.length) return NOT_PLAIN
  // A codec may keep arrays of a class of the app's.
  if (Object.getPrototypeOf(array) !== Array.prototype) return NOT_PLAIN
  let size = before + PLACE_SIZE
  for (let index = 0; index < array.length; index++) {
    size = grow(array[index], size, depth + 1)
    if (size === NOT_PLAIN) return NOT_PLAIN
  }
  return size
}

const growObject = (object: object, before: number, depth: number): number => {
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN
  let size = before + PLACE_SIZE
  // for-in is twice as fast as Object.keys here; an inherited name it may add only makes the size too large.
  for (const name in object) {
    size = grow((object as Record<string, unknown>)[name], size + name.length, depth + 1)
    if (size === NOT_PLAIN) return NOT_PLAIN
  }
  return size
}
