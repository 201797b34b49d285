import { messageOf, UnkeepableValueError } from '../errors.js'
import { MAX_DEPTH, MAX_SIZE, PLACE_SIZE } from './limits.js'
import type { Encoded, Json, Note } from './note.js'
import { type ValueType, WrongValue } from './type.js'
import { typeOf } from './types.js'

/**
 * Encodes one value that is not JSON already: copies it, replaces what JSON has no form for, and notes where.
 *
 * A type gives a stand-in, which may hold values in its turn ([k, v] pairs for a Map), so it is encoded like a value
 * at the same path. Its note follows the notes of what it holds; so whoever reads them in order finds the contents
 * ready when they meet the container.
 */
export class Encoder {
  readonly #notes: Note[] = []
  /** Where the walk is. Each step is one level of JSON, so its length is also the depth. */
  readonly #path: (string | number)[] = []
  /** The objects around the place: meeting one of them again is a cycle, meeting any other one again is not. */
  readonly #around: object[] = []
  #size = 0

  encode(value: unknown): Encoded {
    try {
      const json = this.#encode(value)
      return { json, notes: this.#notes.length > 0 ? this.#notes : undefined }
    } catch (error) {
      if (error instanceof UnkeepableValueError) throw error
      throw this.#unkeepable(
        error instanceof WrongValue ? error.message : `reading it failed (${safeMessageOf(error)})`,
      )
    }
  }

  #encode(value: unknown): Json {
    if (typeof value === 'string') return this.#primitive(value)
    const type = typeOf(value)
    if (typeof value !== 'object' || value === null) {
      return type === undefined ? this.#primitive(value) : this.#standIn(type, value)
    }
    if (this.#around.includes(value)) throw this.#unkeepable('it contains itself')
    this.#around.push(value)
    const json =
      type !== undefined
        ? this.#standIn(type, value)
        : Array.isArray(value)
          ? this.#array(value)
          : this.#object(value as Record<string, unknown>)
    this.#around.pop()
    return json
  }

  #standIn(type: ValueType, value: unknown): Json {
    const json = this.#encode(type.encode(value))
    const note: Note = [type.name, ...this.#path]
    for (const step of note) this.#grow(typeof step === 'string' ? step.length : PLACE_SIZE)
    this.#notes.push(note)
    return json
  }

  #primitive(value: unknown): Json {
    if (typeof value === 'function' || typeof value === 'symbol') {
      throw this.#unkeepable(`it is a ${typeof value}`)
    }
    this.#grow(typeof value === 'string' ? value.length + PLACE_SIZE : PLACE_SIZE)
    return value as Json
  }

  #array(array: readonly unknown[]): Json {
    this.#open()
    const copy: Json[] = []
    for (let index = 0; index < array.length; index++) {
      this.#path.push(index)
      copy.push(this.#encode(array[index]))
      this.#path.pop()
    }
    return copy
  }

  #object(object: Record<string, unknown>): Json {
    this.#open()
    // The copy has every name itself, so that assigning to one, be it `__proto__`, cannot reach the prototype.
    const copy = this.#copy(object) as { [name: string]: Json }
    for (const name of Object.keys(copy)) {
      this.#path.push(name)
      this.#grow(name.length)
      copy[name] = this.#encode(copy[name])
      this.#path.pop()
    }
    return copy
  }

  /** Much faster than field by field. Reads each field once. */
  #copy(object: Record<string, unknown>): Record<string, unknown> {
    try {
      return { ...object }
    } catch (error) {
      // Find the getter, for its path.
      for (const name of Object.keys(object)) {
        this.#path.push(name)
        void object[name]
        this.#path.pop()
      }
      throw error
    }
  }

  #open(): void {
    if (this.#path.length >= MAX_DEPTH) throw this.#unkeepable(`it is nested deeper than ${MAX_DEPTH} levels`)
    this.#grow(PLACE_SIZE)
  }

  #grow(size: number): void {
    this.#size += size
    if (this.#size > MAX_SIZE)
      throw this.#unkeepable(`up to here the value has ${MAX_SIZE} characters already`)
  }

  #unkeepable(reason: string): UnkeepableValueError {
    return new UnkeepableValueError([...this.#path], reason)
  }
}

/** Anything can be thrown, also an object that cannot be made a text. */
const safeMessageOf = (error: unknown): string => {
  try {
    return String(messageOf(error))
  } catch {
    return 'for a reason that cannot be read either'
  }
}
