/**
 * A subset as a journal is asked for it. A journal has no codecs and may be in another context, so what compares with a
 * codec's value is left out: the answer has more rows then, and whoever asked looks which of them are meant.
 */

import { conjunctsOf } from '../../../materializer/subset/exact.js'
import type { Expression, Subset } from '../../../materializer/subset/subset.js'
import { type Codecs, codecIn, NO_CODECS } from '../../../values/codecs.js'
import { encodeValue } from '../../../values/value.js'

/** The subset itself, or a larger one that has all of it. */
export function askableSubset(subset: Subset, codecs: Codecs): Subset {
  if (codecs === NO_CODECS) return subset
  const { where, orderBy = [], cursor } = subset
  const isKept = (expression: Expression): boolean => hasKeptValue(expression, codecs)
  const conditions = where === undefined ? [] : conjunctsOf(where)
  const askable = conditions.filter((condition) => !isKept(condition))
  const others = [...orderBy.map(({ expression }) => expression), cursor?.whereFrom, cursor?.whereCurrent]
  const isAskable = (expression: Expression | undefined): boolean =>
    expression === undefined || !isKept(expression)
  if (askable.length === conditions.length && others.every(isAskable)) return subset
  // A page of more rows would be another page.
  return askable.length === 0 ? {} : { where: { type: 'func', name: 'and', args: askable } }
}

function hasKeptValue(expression: Expression, codecs: Codecs): boolean {
  if (expression.type === 'func') return expression.args.some((each) => hasKeptValue(each, codecs))
  if (expression.type !== 'val' || typeof expression.value !== 'object') return false
  try {
    return encodeValue(expression.value, codecs).notes?.some(([type]) => codecIn(type) !== undefined) === true
  } catch {
    // A function, or an instance of a class that no codec keeps: the journal says what it makes of it.
    return false
  }
}
