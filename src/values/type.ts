/** A type of value that JSON has no form for. Its name is the JavaScript one, and what the notes call it. */
export interface ValueType<T = unknown> {
  readonly name: string
  /**
   * What stands for the value in JSON; it may hold values that need a stand-in themselves. Throws for what only looks
   * like this type (a Proxy of it, or an object with its prototype), best by using a method that the language itself
   * refuses there: so an object of another realm (iframe, node:vm) is no exception.
   */
  encode(value: T): unknown
  /** The value; what the stand-in held is decoded already. Throws if this cannot be a stand-in of this type. */
  decode(json: unknown): T
}

/** Says in words why a type cannot take this value, or this JSON. */
export class WrongValue extends Error {}

/** The JSON must be a text. */
export const text = (json: unknown): string => {
  if (typeof json !== 'string') throw new WrongValue('a text is expected here')
  return json
}

/** The JSON must be an array. */
export const list = (json: unknown): unknown[] => {
  if (!Array.isArray(json)) throw new WrongValue('an array is expected here')
  return json
}

/** The JSON must be an object. */
export const record = (json: unknown): Record<string, unknown> => {
  if (!isRecord(json)) throw new WrongValue('an object is expected here')
  return json
}

/** Whether it is a JSON object, and not something that a note has made of one. */
export const isRecord = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && Object.prototype.toString.call(json) === '[object Object]'

/** Whether an object has no class, so that its own fields are all there is to it; in any realm. */
export const isPlainObject = (value: object): boolean => {
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  // Object.prototype of another realm (an iframe, node:vm).
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

/** `Date`, `Map`, `Temporal.Instant` …, in any realm. It can lie, as it believes Symbol.toStringTag. */
export const tagOf = (value: object): string =>
  Object.prototype.toString.call(value).slice('[object '.length, -1)

/** Sets a property of its own, whatever the prototype has under this name: `__proto__` must never be assigned to. */
export const setOwn = (target: object, name: string, value: unknown): void => {
  if (name in target) {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  } else {
    ;(target as Record<string, unknown>)[name] = value
  }
}

/** The types by their names. */
export const byName = (types: readonly ValueType[]): ReadonlyMap<string, ValueType> =>
  new Map(types.map((type) => [type.name, type]))
