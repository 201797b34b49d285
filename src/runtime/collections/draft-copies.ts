/**
 * Instances that TanStack DB's drafts have copied. In an update, core copies the row field by field, instances of classes
 * included, so a value that the app did not touch can come back as a plain object with the instance's fields. Where a
 * codec keeps the instance, the copy of it is taken for what it is.
 */

import { UnkeepableValueError } from '../../errors.js'
import { isDense } from '../../values/array.js'
import { type Codecs, NO_CODECS } from '../../values/codecs.js'
import { isPlainObject } from '../../values/type.js'

type Path = readonly (string | number)[]

/**
 * `changed`, a row or some fields of it, with the instances of `original` in the place of their copies.
 *
 * @throws UnkeepableValueError for a copy that the app has changed
 */
export function withInstances<T extends object>(changed: T, original: object, codecs: Codecs): T {
  if (codecs === NO_CODECS) return changed
  const instances = [...instancesIn(original, codecs)]
  return instances.length === 0 ? changed : (restored(changed, original, instances, []) as T)
}

function* instancesIn(value: unknown, codecs: Codecs): Generator<object, void> {
  if (typeof value !== 'object' || value === null) return
  if (isPlain(value)) for (const each of Object.values(value)) yield* instancesIn(each, codecs)
  else if (codecs.find(value) !== undefined) yield value
  else if (value instanceof Map || value instanceof Set) yield* instancesIn([...value].flat(1), codecs)
}

/** `there`: what the original has at the same place. */
function restored(value: unknown, there: unknown, instances: readonly object[], path: Path): unknown {
  if (typeof value !== 'object' || value === null) return value
  const again = (each: unknown, name: string | number, original = fieldOf(there, name)): unknown =>
    restored(each, original, instances, [...path, name])
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, each], index) => [
      again(key, index),
      again(each, index, there instanceof Map ? there.get(key) : undefined),
    ])
    return new Map(entries as [unknown, unknown][])
  }
  if (value instanceof Set) return new Set(Array.from(value, (each, index) => again(each, index)))
  if (Array.isArray(value)) return isDense(value) ? value.map((each, index) => again(each, index)) : value
  if (!isPlain(value)) return value
  // An instance without fields is known by its place alone.
  const copied = instances.find(
    (each) => (each === there || Object.keys(each).length > 0) && isCopy(value, each),
  )
  if (copied !== undefined) return copied
  if (instances.includes(there as object) && hasNamesOf(value, there as object)) {
    throw new UnkeepableValueError(
      path,
      'it was changed inside a draft, which has a copy without its class; assign a new instance instead',
    )
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, again(each, name)]))
}

const fieldOf = (value: unknown, name: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string | number, unknown>)[name]
    : undefined

const isPlain = (value: object): boolean => Array.isArray(value) || isPlainObject(value)

/** Whether an object has exactly the fields of an instance, with the same values. */
const isCopy = (copy: object, instance: object): boolean =>
  hasNamesOf(copy, instance) &&
  Object.keys(instance).every((name) => isSameField(fieldOf(copy, name), fieldOf(instance, name)))

const hasNamesOf = (copy: object, instance: object): boolean => {
  const names = Object.keys(instance)
  return Object.keys(copy).length === names.length && names.every((name) => Object.hasOwn(copy, name))
}

const isSameField = (copy: unknown, field: unknown): boolean => {
  if (Object.is(copy, field)) return true
  if (typeof copy !== 'object' || typeof field !== 'object' || copy === null || field === null) return false
  if (copy instanceof Date && field instanceof Date) return copy.getTime() === field.getTime()
  return Array.isArray(copy) === Array.isArray(field) && isPlain(copy) && isCopy(copy, field)
}
