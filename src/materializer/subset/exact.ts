/** The exact part: TanStack's own evaluator and comparator, over decoded rows. */

import { compileSingleRowExpression, makeComparator, toBooleanPredicate } from '@tanstack/db'
import { AS_STORED, codecIn } from '../../values/codecs.js'
import { decodeKey } from '../../values/decode-key.js'
import type { Key } from '../../values/key.js'
import { parseStored } from '../../values/stored-json.js'
import { decodeValue, type Json, type Note } from '../../values/value.js'
import type { StoredRow } from '../tables.js'
import { type Expression, type OrderTerm, pathOf } from './subset.js'

/** A row as expressions see it. */
export type Seen = Readonly<Record<string, unknown>>

/** A row as far as it can be seen without the codecs of an app. */
export interface SeenAsStored {
  readonly row: Seen
  /** The fields that hold what a codec keeps: what they are to the app is not known here. */
  readonly hidden: ReadonlySet<string>
}

/** A stored row, decoded, with the properties that TanStack adds to every row.
 *
 * @throws UnreadableValueError
 */
export function seenAsStored({ key, value, notes: text }: StoredRow, collection: string): SeenAsStored {
  const notes = text === null ? undefined : parseStored<Note[]>(text)
  // Decoding has made the object for us.
  const row = decodeValue(parseStored<Json>(value), notes, AS_STORED) as object
  const kept = notes?.filter(([type]) => codecIn(type) !== undefined) ?? []
  return {
    row: asSeen(row, decodeKey(key), collection),
    hidden: new Set(kept.map(([, field]) => String(field))),
  }
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

/** The fields of a row that an expression looks at. */
export const fieldsIn = (expression: Expression): readonly string[] => {
  if (expression.type === 'ref') return pathOf(expression).slice(0, 1)
  return expression.type === 'func' ? expression.args.flatMap(fieldsIn) : []
}

/** The conditions that have to be true for this one to be true. */
export function conjunctsOf(where: Expression): readonly Expression[] {
  if (where.type !== 'func' || where.name !== 'and') return [where]
  // Each stays within an `and`: by itself a number is not true, within `and` one that is not 0 is.
  return where.args.flatMap((arg) =>
    arg.type === 'func' && arg.name === 'and' ? conjunctsOf(arg) : [{ ...where, args: [arg] }],
  )
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
