/**
 * Shapes: what a field holds, without what it says. `{ title: 'Buy milk' }` becomes `{ title: 'text, 8' }`.
 *
 * A shape stands where the value stood, with the note `['shape', field]` beside it. So ops that hold shapes are ops
 * still, and fold like those that hold values.
 */

import type { StoredOp } from '../../log/stored-op.js'
import type { Json, Note } from '../../values/value.js'
import type { ReportValue } from './model.js'

/** What of a page's values is hidden: with `data`, only what is too long. */
export interface Hiding {
  readonly data: boolean
  /** A field with more characters of JSON is shown by its shape. */
  readonly field: number
}

/** The name of a note that says that a shape stands in the place of a value. */
export const SHAPE = 'shape'

/** An op with shapes in the place of what is to be hidden. */
export function shapedOp(op: StoredOp, hiding: Hiding): StoredOp {
  switch (op[0]) {
    case 'put': {
      const { json, notes } = shapedFields(op[3], op[4], hiding)
      return ['put', op[1], op[2], json, ...rest(notes)]
    }
    case 'patch': {
      const { json, notes } = shapedFields(op[3], op[4] ?? undefined, hiding)
      return op[5] === undefined
        ? ['patch', op[1], op[2], json, ...rest(notes)]
        : ['patch', op[1], op[2], json, notes ?? null, op[5]]
    }
    case 'meta':
    case 'state': {
      if (op[3] === undefined) return op
      const { json, notes } = shapedWhole(op[3], op[4], hiding)
      const [name, collection, key] = op as readonly ['state', string, string]
      return [name, collection, key, json, ...rest(notes)]
    }
    default:
      return op
  }
}

const rest = (notes: readonly Note[] | undefined): [] | [readonly Note[]] =>
  notes === undefined ? [] : [notes]

/** The fields of a row or of a patch. */
export function shapedFields(json: Json, notes: readonly Note[] | undefined, hiding: Hiding): ReportValue {
  const kept: Note[] = []
  const fields = Object.entries(json as object).map(([name, value]: [string, Json]) => {
    const own = notes?.filter(([, field]) => String(field) === name) ?? []
    if (isShown(value, hiding)) {
      kept.push(...own)
      return [name, value]
    }
    kept.push([SHAPE, name])
    return [name, shapeOf(value, own.find((note) => note.length === 2)?.[0])]
  })
  // fromEntries, not assignment: a field named __proto__ stays a field.
  const shaped = Object.fromEntries(fields) as Json
  return kept.length > 0 ? { json: shaped, notes: kept } : { json: shaped }
}

/** A value that need not be an object. */
export function shapedWhole(json: Json, notes: readonly Note[] | undefined, hiding: Hiding): ReportValue {
  if (isShown(json, hiding)) return notes === undefined ? { json } : { json, notes }
  return { json: shapeOf(json, notes?.find((note) => note.length === 1)?.[0]), notes: [[SHAPE]] }
}

const isShown = (value: Json, { data, field }: Hiding): boolean =>
  data && (typeof value !== 'object' && typeof value !== 'string' ? true : lengthOf(value) <= field)

const lengthOf = (value: Json): number =>
  typeof value === 'string' ? value.length : JSON.stringify(value).length

/** In a word or two; `type` is what a note says of it. */
export function shapeOf(json: Json, type?: string | number): string {
  const name = type === undefined ? nameOf(json) : String(type)
  if (typeof json === 'string') return type === undefined ? `${name}, ${json.length}` : name
  if (Array.isArray(json)) return `${name}, ${json.length}`
  if (typeof json === 'object' && json !== null) return `${name}, ${Object.keys(json).length}`
  return name
}

function nameOf(json: Json): string {
  if (json === null) return 'null'
  if (typeof json === 'string') return 'text'
  if (Array.isArray(json)) return 'list'
  return typeof json
}
