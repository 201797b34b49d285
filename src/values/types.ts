import { arrayType, isDense } from './array.js'
import { binaryTypes } from './binary.js'
import { builtinTypes } from './builtins.js'
import { errorType } from './error.js'
import { primitiveTypes } from './primitives.js'
import { temporalTypes } from './temporal.js'
import { byName, isPlainObject, tagOf, type ValueType, WrongValue } from './type.js'

/**
 * The type of a value that JSON has no form for. undefined for everything else: what JSON has, and functions and symbols.
 *
 * @throws WrongValue for an instance of a class that is none of these types
 */
export const typeOf = (value: unknown): ValueType | undefined => {
  switch (typeof value) {
    case 'undefined':
    case 'bigint':
      return typesByName.get(typeof value)
    case 'number':
      if (Object.is(value, -0)) return typesByName.get('-0')
      return Number.isFinite(value) ? undefined : typesByName.get(String(value))
    case 'object':
      return value === null ? undefined : typeOfObject(value)
    default:
      return undefined
  }
}

const typeOfObject = (value: object): ValueType | undefined => {
  if (Array.isArray(value)) return isDense(value) ? undefined : arrayType
  if (isPlainObject(value)) return undefined

  // The tag finds objects of other realms, the class finds subclasses that have a tag of their own.
  const tag = tagOf(value)
  const type = objectTypes.get(tag) ?? [...objectTypes.values()].find(({ name }) => isInstance(value, name))
  if (type !== undefined) return type

  throw new WrongValue(
    `it is ${instanceOf(value, tag)}, which JSON has no form for: its methods and private fields would be lost. Give ` +
      'openDaybook() a codec for it (`codecs`)',
  )
}

const instanceOf = (value: object, tag: string): string => {
  if (tag !== 'Object') return `a ${tag}`
  const name: unknown = value.constructor?.name
  const isNamed = typeof name === 'string' && name !== '' && name !== 'Object'
  return isNamed ? `an instance of ${name}` : 'an object with a prototype'
}

const isInstance = (value: object, name: string): boolean => {
  const globalClass: unknown = Reflect.get(globalThis, name)
  return typeof globalClass === 'function' && value instanceof globalClass
}

/** By their tag. Each one that has a global class is called like it. */
const objectTypes = byName([...builtinTypes, errorType, ...binaryTypes, ...temporalTypes])

/** All of them, as the notes call them. */
export const typesByName = byName([...objectTypes.values(), ...primitiveTypes, arrayType])
