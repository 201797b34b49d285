import { MAX_ARRAY_LENGTH } from './limits.js'
import { record, setOwn, type ValueType, WrongValue } from './type.js'

/** Whether an array has all its elements and no other property, and so is a JSON array. */
export const isDense = (array: readonly unknown[]): boolean => {
  const names = Object.keys(array) // Indices come first, in ascending order.
  return names.length === array.length && (names.length === 0 || names.at(-1) === String(array.length - 1))
}

/**
 * An array with holes, or with properties besides its elements, as an object: `[1, , 3]` is
 * `{"0": 1, "2": 3, "length": 3}`. So a hole needs no room, and a property called `x` cannot be lost.
 */
export const arrayType: ValueType<unknown[]> = {
  name: 'Array',
  encode(array) {
    if (array.length > MAX_ARRAY_LENGTH) {
      throw new WrongValue(`it is an array with holes, longer than ${MAX_ARRAY_LENGTH}`)
    }
    const object = { length: array.length }
    for (const [name, value] of Object.entries(array)) setOwn(object, name, value)
    return object
  },
  decode(json) {
    const { length } = record(json)
    if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > MAX_ARRAY_LENGTH) {
      throw new WrongValue('a length is expected here')
    }
    const array: unknown[] = []
    array.length = length // Unlike new Array(length), this sets no room aside for holes.
    for (const [name, value] of Object.entries(record(json))) {
      if (name !== 'length') setOwn(array, name, value)
    }
    if (array.length !== length) throw new WrongValue(`there is an element after its length ${length}`)
    return array
  },
}
