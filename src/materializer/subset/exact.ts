/** The exact part: TanStack's own evaluator and comparator, over decoded rows. */

import { compileSingleRowExpression, makeComparator, toBooleanPredicate } from '@tanstack/db'
import { decodeKey } from '../../values/decode-key.js'
import type { Key } from '../../values/key.js'
import { parseStored } from '../../values/stored-json.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'
import type { StoredRow } from '../tables.js'
import { type Expression, type OrderTerm, pathOf } from './subset.js'

/** A row as expressions see it. */
export type Seen = Readonly<Record<string, unknown>>

/** A stored row, decoded, with the properties that TanStack adds to every row.
 *
 * @throws UnreadableValueError
 */
export function seen(row: StoredRow, collection: string): Seen {
  const notes = row.notes === null ? undefined : parseStored<Note[]>(row.notes)
  const value = decodeValue(parseStored<Json>(row.value), notes) as object
  // Decoding has made the object for us.
  return asSeen(value, decodeKey(row.key), collection)
}

/** A row with the properties that TanStack adds to it; they are added to the object itself. */
export const asSeen = (value: object, $key: Key, $collectionId: string): Seen =>
  Object.assign(value, { $key, $collectionId }) as Seen

/** What only the collection knows of a row: whether it is synced, and where it comes from. */
const STATE = ['$synced', '$origin', '$hasPendingWrites']

/** Whether a condition is about what only the collection knows. */
export const isAboutState = (expression: Expression): boolean => {
  if (expression.type === 'ref') return STATE.includes(pathOf(expression)[0] ?? '')
  return expression.type === 'func' && expression.args.some(isAboutState)
}

type Evaluate = Parameters<typeof compileSingleRowExpression>[0]

/**
 * Whether the condition is true of a row: not false, and not unknown. A row of which it cannot be computed is left out, as
 * TanStack leaves it out.
 */
export function predicateOf(where: Expression): (row: Seen) => boolean {
  const evaluate = compileSingleRowExpression(where as Evaluate)
  return (row) => {
    try {
      return toBooleanPredicate(evaluate(row))
    } catch {
      return false
    }
  }
}

/** The value by which a row is ordered first. */
export const leadingValue = ({ expression }: OrderTerm): ((row: Seen) => unknown) =>
  compileSingleRowExpression(expression as Evaluate)

export const comparatorOf = ({ compareOptions }: OrderTerm): ((a: unknown, b: unknown) => number) =>
  makeComparator(compareOptions)
