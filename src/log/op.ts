/**
 * Ops: the changes inside an entry, and their form in its body.
 *
 * A body is JSON text: an array of ops, each an array that begins with its name. A large transaction is cut into parts,
 * each a complete array, so that no engine's value limit is met and nobody has to hold all of it at once.
 * `docs/log-format.md` describes the form; a new kind of op needs a new format number.
 */

import { InvalidKeyError, InvalidTransactionError, type OpPlace, UnkeepableValueError } from '../errors.js'
import { checkKey } from '../values/check-key.js'
import { type Codecs, NO_CODECS } from '../values/codecs.js'
import type { Key } from '../values/key.js'
import { type Encoded, encodeValue, type Json, type Note } from '../values/value.js'
import { PART_LENGTH } from './body.js'
import { KindOfOps, type TransactionKind } from './kind.js'
import { faultOf } from './op-fault.js'
import { isStoredOp, type StoredOp } from './stored-op.js'

export { parseOps } from './body.js'

/** One change, with values as the app knows them. */
export type Op =
  /** The row is now `value`; its metadata stays as it is. */
  | { readonly op: 'put'; readonly collection: string; readonly key: Key; readonly value: object }
  /** The named top-level fields of an existing row change, those in `unset` go; nothing else. */
  | {
      readonly op: 'patch'
      readonly collection: string
      readonly key: Key
      readonly fields: object
      readonly unset?: readonly string[]
    }
  | { readonly op: 'delete'; readonly collection: string; readonly key: Key }
  /** All rows of the collection go. */
  | { readonly op: 'truncate'; readonly collection: string }
  /** Metadata of an existing row; `undefined` clears it. */
  | { readonly op: 'meta'; readonly collection: string; readonly key: Key; readonly value: unknown }
  /** Metadata of the collection under a name; `undefined` clears it. */
  | { readonly op: 'state'; readonly collection: string; readonly name: string; readonly value: unknown }
  /** The collection is forgotten: rows, metadata, schema version. */
  | { readonly op: 'reset'; readonly collection: string }
  /** Whoever made this entry syncs the collection from now on; it is the entry's only op. */
  | { readonly op: 'claim'; readonly collection: string }
  /** The rows have another version from this entry on; only changes to rows of the same collection follow it. */
  | { readonly op: 'schema'; readonly collection: string; readonly from: number; readonly to: number }

/** No single op may be larger, in UTF-16 code units. It keeps one row from making a log unreadable on small devices. */
const OP_LENGTH_LIMIT = 1 << 26

/** The body of a transaction, in parts.
 *
 * @throws InvalidTransactionError when an op is malformed: `op` says which one
 * @throws UnkeepableValueError when a value holds something that cannot be kept, such as an instance of a class: only a
 *   daybook has codecs
 * @throws InvalidKeyError when a key is neither a string nor a finite number
 * @example
 * encodeOps([{ op: 'put', collection: 'todos', key: 1, value: { title: 'Buy milk' } }])
 * // ['[["put","todos",1,{"title":"Buy milk"}]]']
 */
export const encodeOps = (ops: Iterable<Op>): readonly string[] => encodeOpsWith(NO_CODECS, ops)

/** The same, with the codecs of a daybook. */
export function encodeOpsWith(codecs: Codecs, ops: Iterable<Op>): readonly string[] {
  const stored: StoredOp[] = []
  const kind = new KindOfOps()
  for (const op of ops) {
    const form = formOf(op, stored.length, codecs)
    kind.add(form)
    stored.push(form)
  }
  const parts = new WellFormedParts(kind.kind)
  if (stored.length <= FEW_OPS) {
    const text = JSON.stringify(stored)
    if (text.length <= PART_LENGTH) {
      parts.push(text)
      return Object.freeze(parts)
    }
  }
  cutIntoParts(stored, parts)
  return Object.freeze(parts)
}

/** So few ops are stringified at once, which is faster; should they not fit into one part, little was done in vain. */
const FEW_OPS = 100

function cutIntoParts(ops: readonly StoredOp[], parts: string[]): void {
  let texts: string[] = []
  let length = 0
  for (const op of ops) {
    const text = JSON.stringify(op)
    if (text.length > OP_LENGTH_LIMIT) {
      throw new UnkeepableValueError(
        [],
        `it takes ${text.length} characters as JSON, more than ${OP_LENGTH_LIMIT}`,
      )
    }
    if (length > 0 && length + text.length > PART_LENGTH) {
      parts.push(`[${texts.join(',')}]`)
      texts = []
      length = 0
    }
    texts.push(text)
    length += text.length
  }
  parts.push(`[${texts.join(',')}]`)
}

/** What encodeOps made needs no check, a body that anybody else put together does: nobody else can make one of these. */
class WellFormedParts extends Array<string> {
  readonly #kind: TransactionKind

  constructor(kind: TransactionKind) {
    super()
    this.#kind = kind
  }

  static kindOf(parts: object): TransactionKind | undefined {
    return #kind in parts ? parts.#kind : undefined
  }

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}

/** The kind of the transaction that has this body, where it needs no check because encodeOps made it. */
export const kindMadeByEncodeOps = (parts: readonly string[]): TransactionKind | undefined =>
  WellFormedParts.kindOf(parts)

/** Ops that are put together elsewhere, as the parts of a body. */
export function partsOfOps(ops: readonly StoredOp[]): readonly string[] {
  const parts: string[] = []
  cutIntoParts(ops, parts)
  return parts
}

/** Whoever writes JavaScript can pass anything; a malformed op would stay in the log for ever. */
function formOf(op: Op, index: number, codecs: Codecs): StoredOp {
  try {
    const form = typeof op?.collection === 'string' ? storedOp(op, codecs) : undefined
    if (isStoredOp(form)) return form
  } catch (error) {
    const place = { op: placeOf(op, index) }
    if (error instanceof UnkeepableValueError) {
      throw new UnkeepableValueError(error.path, error.reason, { cause: error.cause, ...place })
    }
    if (error instanceof InvalidKeyError) throw new InvalidKeyError(error.collection, error.key, place)
    throw error
  }
  throw new InvalidTransactionError(faultOf(op), { op: placeOf(op, index) })
}

const placeOf = (op: unknown, index: number): OpPlace => {
  const { collection, key } = (op ?? {}) as Partial<OpPlace>
  return {
    index,
    ...(collection !== undefined && { collection }),
    ...(key !== undefined && { key }),
  }
}

function storedOp(op: Op, codecs: Codecs): StoredOp | undefined {
  switch (op.op) {
    case 'put': {
      const { json, notes } = encodeValue(op.value, codecs)
      const key = checkKey(op.collection, op.key)
      return notes ? ['put', op.collection, key, json, notes] : ['put', op.collection, key, json]
    }
    case 'patch': {
      const { json, notes } = encodeValue(op.fields, codecs)
      const key = checkKey(op.collection, op.key)
      if (op.unset !== undefined && op.unset.length !== 0) {
        return ['patch', op.collection, key, json, notes ?? null, op.unset]
      }
      return notes ? ['patch', op.collection, key, json, notes] : ['patch', op.collection, key, json]
    }
    case 'delete':
      return ['delete', op.collection, checkKey(op.collection, op.key)]
    case 'meta': {
      const key = checkKey(op.collection, op.key)
      return op.value === undefined
        ? ['meta', op.collection, key]
        : ['meta', op.collection, key, ...trimmed(encodeValue(op.value, codecs))]
    }
    case 'state':
      return op.value === undefined
        ? ['state', op.collection, op.name]
        : ['state', op.collection, op.name, ...trimmed(encodeValue(op.value, codecs))]
    case 'truncate':
    case 'reset':
    case 'claim':
      return [op.op, op.collection]
    case 'schema':
      return ['schema', op.collection, op.from, op.to]
    default:
      return undefined
  }
}

const trimmed = ({ json, notes }: Encoded): [Json, (readonly Note[])?] => (notes ? [json, notes] : [json])
