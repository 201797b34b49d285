import { messageOf, UnkeepableValueError } from '../errors.js'
import { isDense } from './array.js'
import { type Codecs, noteOf, type ValueCodec } from './codecs.js'
import { MAX_DEPTH, MAX_SIZE, PLACE_SIZE } from './limits.js'
import type { Encoded, Json, Note } from './note.js'
import { isPlainObject, type ValueType, WrongValue } from './type.js'
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
  /** The codecs that are at work for this very place: what one of them made is not to come back to it. */
  #atWork: ValueCodec[] = []
  #size = 0
  readonly #codecs: Codecs

  constructor(codecs: Codecs) {
    this.#codecs = codecs
  }

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
    if (typeof value !== 'object' || value === null) {
      const type = typeOf(value)
      return type === undefined ? this.#primitive(value) : this.#standIn(type, value)
    }
    if (this.#around.includes(value)) throw this.#unkeepable('it contains itself')
    this.#around.push(value)
    const codec = this.#codecOf(value)
    const json = codec === undefined ? this.#contents(value) : this.#kept(codec, value)
    this.#around.pop()
    return json
  }

  #contents(value: object): Json {
    const type = typeOf(value)
    if (type !== undefined) return this.#standIn(type, value)
    return Array.isArray(value) ? this.#array(value) : this.#object(value as Record<string, unknown>)
  }

  #codecOf(value: object): ValueCodec | undefined {
    if (Array.isArray(value) ? Object.getPrototypeOf(value) === Array.prototype : isPlainObject(value))
      return undefined
    return this.#codecs.find(value)
  }

  #kept(codec: ValueCodec, value: object): Json {
    let stored: unknown
    try {
      stored = codec.encode(value)
    } catch (cause) {
      throw this.#unkeepable(
        `encode() of the codec ${JSON.stringify(codec.name)} failed (${safeMessageOf(cause)})`,
        { cause },
      )
    }
    const outer = this.#atWork
    this.#atWork = [...outer, codec]
    const next = typeof stored === 'object' && stored !== null ? this.#codecOf(stored) : undefined
    if (next !== undefined && this.#atWork.includes(next)) {
      throw this.#unkeepable(
        `what the codec ${JSON.stringify(codec.name)} makes of it comes to the codec ${JSON.stringify(next.name)} again, and ` +
          'so without end',
      )
    }
    const isWrapped = needsNote(stored)
    if (isWrapped) this.#path.push(0)
    const json = this.#encode(stored)
    if (isWrapped) this.#path.pop()
    this.#atWork = outer
    this.#note(noteOf(codec, isWrapped))
    return isWrapped ? [json] : json
  }

  #standIn(type: ValueType, value: unknown): Json {
    const json = this.#encode(type.encode(value))
    this.#note(type.name)
    return json
  }

  #note(type: string): void {
    const note: Note = [type, ...this.#path]
    for (const step of note) this.#grow(typeof step === 'string' ? step.length : PLACE_SIZE)
    this.#notes.push(note)
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
    this.#atWork = []
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
    this.#atWork = []
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

  #unkeepable(reason: string, options?: { cause: unknown }): UnkeepableValueError {
    return new UnkeepableValueError([...this.#path], reason, options)
  }
}

/** Whether a note will be made of the value itself, or it is refused. */
const needsNote = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return typeOf(value) !== undefined
  return !(Array.isArray(value) && isDense(value)) && !isPlainObject(value)
}

/** Anything can be thrown, also an object that cannot be made a text. */
const safeMessageOf = (error: unknown): string => {
  try {
    return String(messageOf(error))
  } catch {
    return 'for a reason that cannot be read either'
  }
}
