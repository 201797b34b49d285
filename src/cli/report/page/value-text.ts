/** Values as text: what the app would see, on one line. */

import { AS_STORED } from '../../../values/codecs.js'
import { decodeValue, type Json, type Note } from '../../../values/value.js'
import { SHAPE } from '../shape.js'

export interface ShownValue {
  readonly text: string
  /** How it is coloured. */
  readonly kind: 'text' | 'number' | 'word' | 'object' | 'shape'
}

/** A field of a row, as it is stored with the notes of the whole row. */
export function shownField(
  row: Json,
  notes: readonly Note[] | undefined,
  name: string,
): ShownValue | undefined {
  if (typeof row !== 'object' || row === null || !Object.hasOwn(row, name)) return undefined
  const own = notes?.filter(([, field]) => String(field) === name) ?? []
  return shownValue(
    (row as Record<string, Json>)[name] as Json,
    own.map(([type, , ...path]) => [type, ...path]),
  )
}

/** A value with its own notes. */
export function shownValue(json: Json, notes: readonly Note[] = []): ShownValue {
  if (notes.some(([type, ...path]) => type === SHAPE && path.length === 0))
    return { text: String(json), kind: 'shape' }
  let value: unknown = json
  if (notes.length > 0) {
    try {
      // It is built inside of what it is given.
      value = decodeValue(structuredClone(json), notes, AS_STORED)
    } catch {
      value = json
    }
  }
  return { text: textOf(value, true), kind: kindOf(value) }
}

function kindOf(value: unknown): ShownValue['kind'] {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'number' || typeof value === 'bigint') return 'number'
  return typeof value === 'object' && value !== null && !(value instanceof Date) ? 'object' : 'word'
}

function textOf(value: unknown, outermost = false): string {
  if (typeof value === 'string') return outermost ? value : JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (Object.is(value, -0)) return '-0'
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof RegExp || value instanceof Error || value instanceof URL) return String(value)
  if (value instanceof Map)
    return `Map {${Array.from(value, ([key, each]) => `${textOf(key)} → ${textOf(each)}`).join(', ')}}`
  if (value instanceof Set) return `Set {${Array.from(value, (each) => textOf(each)).join(', ')}}`
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `${value.constructor.name} of ${value.byteLength} bytes`
  if (Array.isArray(value)) return `[${Array.from(value, (each) => textOf(each)).join(', ')}]`
  const fields = Object.entries(value).map(([name, each]) => `${nameText(name)}: ${textOf(each)}`)
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

const nameText = (name: string): string => (/^[\w$]+$/.test(name) ? name : JSON.stringify(name))

/** A key: a text that reads like a number is quoted, for `1` is not `'1'`. */
export const keyText = (key: string | number): string =>
  typeof key === 'number'
    ? String(key)
    : key.trim() === '' || Number.isFinite(Number(key))
      ? JSON.stringify(key)
      : key
