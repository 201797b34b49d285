/** Says what is wrong with an op that is not well-formed, for who wrote it. */

import { describe } from '../errors.js'
import { isPlainObject } from '../values/type.js'
import { isVersion } from './version.js'

const NAMES = ['put', 'patch', 'delete', 'truncate', 'meta', 'state', 'reset', 'claim', 'schema']

/** What is wrong with the op. */
export function faultOf(op: unknown): string {
  if (typeof op !== 'object' || op === null) return `it is ${describe(op)}, not an object`
  const fields = op as Readonly<Record<string, unknown>>
  if (!NAMES.includes(fields.op as string)) {
    return `its \`op\` is ${describe(fields.op)}; the ops are ${NAMES.join(', ')}`
  }
  if (typeof fields.collection !== 'string') {
    return `its \`collection\` is ${describe(fields.collection)}, not the id of a collection`
  }
  return faultOfKind(fields)
}

function faultOfKind({
  op,
  value,
  fields,
  unset,
  name,
  from,
  to,
}: Readonly<Record<string, unknown>>): string {
  if (op === 'put' && !isRow(value)) return `its \`value\` is ${kindOf(value)}, not a plain object`
  if (op === 'patch' && !isRow(fields)) return `its \`fields\` are ${kindOf(fields)}, not a plain object`
  if (op === 'patch') return `its \`unset\` is ${kindOf(unset)}, not an array of field names`
  if (op === 'state') return `its \`name\` is ${describe(name)}, not a text`
  if (!isVersion(from))
    return `its \`from\` is ${describe(from)}, not a schema version (a whole number from 1)`
  return `its \`to\` is ${describe(to)}, not a schema version (a whole number from 1)`
}

const isRow = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isPlainObject(value)

const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object' || value === null) return describe(value)
  return isPlainObject(value) ? 'an object' : `an instance of ${value.constructor.name}`
}
