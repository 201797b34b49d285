import { arrayType, isDense } from './array.js'
import { binaryTypes } from './binary.js'
import { builtinTypes } from './builtins.js'
import { errorType } from './error.js'
import { primitiveTypes } from './primitives.js'
import { temporalTypes } from './temporal.js'
import { byName, tagOf, type ValueType, WrongValue } from './type.js'

/**
 * The type of a value that JSON has no form for. undefined for everything else: what JSON has, objects that are kept
 * as plain ones, and functions and symbols.
 *
 * @throws WrongValue for an object that would be kept as `{}` although it is something
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
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return undefined

  // The tag finds objects of other realms, the class finds subclasses that have a tag of their own.
  const tag = tagOf(value)
  const type = objectTypes.get(tag) ?? [...objectTypes.values()].find(({ name }) => isInstance(value, name))
  if (type !== undefined) return type

  const hasTag = Symbol.toStringTag in value
  if (UNKEEPABLE.has(tag) || (hasTag && Object.keys(value).length === 0)) {
    throw new WrongValue(`it is a ${tag}, and there is no way to write that down`)
  }
  return undefined
}

const isInstance = (value: object, name: string): boolean => {
  const globalClass: unknown = Reflect.get(globalThis, name)
  return typeof globalClass === 'function' && value instanceof globalClass
}

/**
 * What lives outside of its properties, so that a copy of them would say nothing. Others of this kind (Headers,
 * Intl.NumberFormat, iterators) are known by having a tag and no property at all.
 */
const UNKEEPABLE = new Set('Promise WeakMap WeakSet WeakRef Blob File SharedArrayBuffer Symbol'.split(' '))

/** By their tag. Each one that has a global class is called like it. */
const objectTypes = byName([...builtinTypes, errorType, ...binaryTypes, ...temporalTypes])

/** All of them, as the notes call them. */
export const typesByName = byName([...objectTypes.values(), ...primitiveTypes, arrayType])
