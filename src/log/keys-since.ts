/**
 * The requirement `['keys', collection, seq]`: the transaction was made by someone who knew the collection as of `seq`.
 * Since then no other writer has put a key that it puts (an insert means absent), nor removed a row that it patches (a
 * patch of a missing row would do nothing).
 *
 * The writer orders its own transactions, so entries of the same origin are no reason to look. Those of others are read
 * only when there are any behind `seq`, which in a log with one writer is never.
 */

import { all, first, type Program } from '../drivers/program.js'
import { literal, parameter, statement } from '../drivers/query.js'
import { ChangedError, KeyTakenError, RowGoneError } from '../errors.js'
import type { Key } from '../values/key.js'
import type { EntryKind, Transaction } from './entry.js'
import { parseOps } from './op.js'
import { opsOfPart } from './part-ops.js'
import { partsOf } from './parts.js'
import { floor } from './read.js'
import type { StoredOp } from './stored-op.js'
import { log } from './tables.js'

/** Why the keys of a transaction are not as its writer knew them. */
export type KeysRefusal = KeyTakenError | RowGoneError | ChangedError

/** A transaction that was made before more entries than this is refused without a look: reading the rows is cheaper. */
const FAR = 5000

const makersAfter = statement<[seq: number]>()(
  log
    .selectFrom('daybook_log')
    .select(['seq', 'kind', 'origin', 'parts'])
    .where('seq', '>', parameter<number>())
    .orderBy('seq'),
)

const bodyAt = statement<[seq: number]>()(
  log.selectFrom('daybook_log').select('body').where('seq', '=', parameter<number>()).limit(literal(1)),
)

/** Whether each key of a transaction must be there or not, for it to do what its writer meant. */
type Expected = Map<Key, 'absent' | 'present'>

/** Run it in the transaction that appends; `last` is the seq of the last entry. */
export function* keysRefusal(
  { origin, parts }: Pick<Transaction, 'origin' | 'parts'>,
  collection: string,
  seq: number,
  last: number,
): Program<KeysRefusal | undefined> {
  if (last - seq > FAR || (yield* floor()).seq > seq + 1) return new ChangedError(collection, seq, last)
  const makers = yield* all(makersAfter, seq)
  const others = makers.filter((maker) => maker.origin !== origin && hasRows(maker.kind))
  if (others.length === 0) return undefined
  const expected = keysOf(parts, collection)
  let isTouched = false
  for (const other of others) {
    for (const op of yield* opsAt(other)) {
      if (op[1] !== collection) continue
      // What was blanked may have been about any key.
      if (op[0] === 'redacted') return new ChangedError(collection, seq, other.seq)
      isTouched ||= removesAll(op) || ((op[0] === 'put' || op[0] === 'delete') && expected.has(op[2]))
    }
  }
  if (!isTouched) return undefined
  // The own entries in between count as well: they may have removed what another writer has put.
  const now: Expected = new Map(expected)
  for (const maker of makers.filter(({ kind }) => hasRows(kind))) {
    for (const op of yield* opsAt(maker)) if (op[1] === collection) follow(now, op)
  }
  for (const [key, wanted] of expected) {
    if (now.get(key) === wanted) continue
    return wanted === 'absent' ? new KeyTakenError(collection, key) : new RowGoneError(collection, key)
  }
  return undefined
}

/** Entries of these kinds are made of ops that change rows; a `reset` and a `schema` entry may have some, too. */
const hasRows = (kind: string): boolean => {
  const known = kind as EntryKind
  return known === 'tx' || known === 'schema' || known === 'reset'
}

const removesAll = ([name]: StoredOp): boolean => name === 'truncate' || name === 'reset'

/** The first op on a key says what its writer took for granted. */
function keysOf(parts: readonly string[], collection: string): Expected {
  const expected: Expected = new Map()
  for (const op of parts.flatMap(parseOps)) {
    if (op[1] !== collection || (op[0] !== 'put' && op[0] !== 'patch') || expected.has(op[2])) continue
    expected.set(op[2], op[0] === 'put' ? 'absent' : 'present')
  }
  return expected
}

function follow(now: Expected, op: StoredOp): void {
  if (removesAll(op)) for (const key of now.keys()) now.set(key, 'absent')
  else if (op[0] === 'put' && now.has(op[2])) now.set(op[2], 'present')
  else if (op[0] === 'delete' && now.has(op[2])) now.set(op[2], 'absent')
}

function* opsAt({ seq, parts }: { seq: number; parts: number }): Program<readonly StoredOp[]> {
  const { body = '[]' } = (yield* first(bodyAt, seq)) ?? {}
  const further = parts > 1 ? yield* all(partsOf, seq) : []
  return [body, ...further.map((part) => part.body)].flatMap((part) => [...opsOfPart(part, seq)])
}
