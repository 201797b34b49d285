/**
 * The body of an ordinary transaction, without the code that a transaction of any kind needs: a page writes these before
 * it has loaded that.
 */

import { isKey } from '../values/key.js'
import { isPlainJson } from '../values/plain.js'
import type { Json } from '../values/value.js'
import { PART_LENGTH } from './body.js'
import type { Op } from './op.js'
import type { StoredOp } from './stored-op.js'

/**
 * What `encodeOps` makes of ops whose values are JSON already, where they fit into one part. Nothing for all others: a
 * malformed op and a value that cannot be kept are for `encodeOps` to refuse.
 */
export function plainBody(ops: readonly Op[]): readonly string[] | undefined {
  const stored: StoredOp[] = []
  for (const op of ops) {
    const form = plainOp(op)
    if (form === undefined) return undefined
    stored.push(form)
  }
  const text = JSON.stringify(stored)
  return text.length <= PART_LENGTH ? [text] : undefined
}

function plainOp(op: Op): StoredOp | undefined {
  if (typeof op?.collection !== 'string') return undefined
  const { collection } = op
  if (op.op === 'truncate' || op.op === 'claim') return [op.op, collection]
  if (op.op === 'state') {
    if (typeof op.name !== 'string') return undefined
    const value = plainValue(op.value)
    return value && ['state', collection, op.name, ...value]
  }
  if (op.op === 'reset' || op.op === 'schema' || !isKey(op.key)) return undefined
  const { key } = op
  switch (op.op) {
    case 'put':
      return isPlainRow(op.value) ? ['put', collection, key, op.value] : undefined
    case 'patch': {
      const { fields, unset } = op
      if (!isPlainRow(fields)) return undefined
      if (unset === undefined || unset.length === 0) return ['patch', collection, key, fields]
      return areNames(unset) ? ['patch', collection, key, fields, null, unset] : undefined
    }
    case 'delete':
      return ['delete', collection, key]
    case 'meta': {
      const value = plainValue(op.value)
      return value && ['meta', collection, key, ...value]
    }
  }
}

const isPlainRow = (row: unknown): row is { [name: string]: Json } =>
  typeof row === 'object' && row !== null && !Array.isArray(row) && isPlainJson(row)

/** What stands at the end of an op for a value; `undefined` clears what was there, and is left out. */
const plainValue = (value: unknown): [Json?] | undefined => {
  if (value === undefined) return []
  return isPlainJson(value) ? [value] : undefined
}

const areNames = (names: unknown): names is readonly string[] =>
  Array.isArray(names) && names.every((name) => typeof name === 'string')
