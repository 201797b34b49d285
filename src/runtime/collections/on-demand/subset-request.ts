/**
 * One request for a subset, for as long as somebody wants it: which rows belong to it, now and later.
 *
 * A page belongs to it up to its end, the last row of its answer: rows that sort behind that are no affair of a live query
 * that shows the page, and to hand them to core would make it load its pages again.
 */

import type { LoadSubsetOptions } from '@tanstack/db'
import {
  comparatorOf,
  isAboutState,
  leadingValue,
  predicateOf,
  type Seen,
} from '../../../materializer/subset/exact.js'
import type { Expression, Subset } from '../../../materializer/subset/subset.js'
import { subsetOf } from '../../../materializer/subset/subset.js'
import { type Codecs, NO_CODECS } from '../../../values/codecs.js'

/** What core's subscriptions know of themselves. */
interface Subscription {
  readonly options?: { readonly includeInitialState?: boolean }
}

export class SubsetRequest {
  readonly options: LoadSubsetOptions
  readonly subset: Subset
  /** A live query asks for all that fits, at once: not for a page of it. */
  readonly isWhole: boolean
  /** Its rows are in memory. */
  isAnswered = false
  readonly #where: (row: Seen) => boolean
  readonly #isBehind: (row: Seen) => boolean
  readonly #isAtCursor: (row: Seen) => boolean
  #end: { readonly value: unknown } | undefined

  readonly #codecs: Codecs

  constructor(options: LoadSubsetOptions, codecs: Codecs = NO_CODECS) {
    this.options = options
    this.#codecs = codecs
    this.isWhole = (options.subscription as Subscription | undefined)?.options?.includeInitialState === true
    const { orderBy, limit, offset, cursor, ...asked } = subsetOf(options)
    // Core passes order and limit on to sources of which its query needs every row (unions, groups): they are no page.
    const page = this.isWhole
      ? {}
      : {
          ...(orderBy && { orderBy }),
          ...(limit !== undefined && { limit }),
          ...(offset && { offset }),
        }
    this.subset = { ...asked, ...page, ...(cursor && { cursor }) }
    this.#where = conditionOf(asked.where)
    this.#isBehind = conditionOf(cursor?.whereFrom)
    this.#isAtCursor = cursor === undefined ? () => false : conditionOf(cursor.whereCurrent)
  }

  /** Whether a row belongs to it, as far as it is known by now. */
  has(row: Seen): boolean {
    if (!this.#where(row)) return false
    if (this.#isAtCursor(row)) return true
    if (!this.#isBehind(row)) return false
    const term = this.subset.orderBy?.[0]
    if (this.#end === undefined || term === undefined) return true
    return comparatorOf(term)(leadingValue(term)(row), this.#end.value) <= 0
  }

  /** Its rows are these, at some moment: rows behind the last one of a full page do not belong to it. */
  answered(rows: readonly Seen[]): void {
    this.isAnswered = true
    this.#end = undefined
    const { orderBy, limit, offset = 0, cursor } = this.subset
    const term = orderBy?.[0]
    if (term === undefined || limit === undefined) return
    const count = cursor === undefined ? offset + limit : limit
    const valueIn = leadingValue(term)
    const own = rows.filter((row) => this.#where(row) && this.#isBehind(row))
    if (own.length < count || count === 0) return
    // TanStack DB orders objects by when it saw them first: such a page has no end that others could see.
    if (own.map(valueIn).some((value) => isObject(value) && this.#codecs.find(value))) return
    const compare = comparatorOf(term)
    // The rows are sorted, not the values: sort() puts `undefined` last, wherever the order has it.
    const last = own.sort((a, b) => compare(valueIn(a), valueIn(b)))[count - 1] as Seen
    this.#end = { value: valueIn(last) }
  }
}

// What only core can tell may be true of every row.
const conditionOf = (where: Expression | undefined): ((row: Seen) => boolean) =>
  where === undefined || isAboutState(where) ? () => true : predicateOf(where)

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
