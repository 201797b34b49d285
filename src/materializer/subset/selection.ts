/** Which of the rows that may be meant are: the exact filter, and the first so many in order. */

import type { StoredRow } from '../tables.js'
import {
  comparatorOf,
  conjunctsOf,
  fieldsIn,
  leadingValue,
  predicateOf,
  type Seen,
  type SeenAsStored,
  seenAsStored,
} from './exact.js'
import type { Expression, OrderTerm } from './subset.js'
import { Top } from './top.js'

export interface SelectionOptions {
  readonly collection: string
  /** All of them have to be true. */
  readonly where: readonly Expression[]
  /** With a count: the first so many in this order, with all that tie with the last one. */
  readonly term: OrderTerm | undefined
  readonly count: number | undefined
}

/** One of the conditions that all have to be true. */
interface Condition {
  readonly matches: (row: Seen) => boolean
  readonly fields: readonly string[]
}

export class Selection {
  readonly #collection: string
  readonly #conditions: readonly Condition[]
  /** The fields that the order looks at. */
  readonly #orderFields: readonly string[]
  readonly #value: (row: Seen) => unknown
  readonly #top: Top<StoredRow> | undefined
  readonly #count: number
  /** Those that need no order. */
  readonly #unordered: StoredRow[] = []
  /**
   * Those that may be meant, which is for the reader to say: a codec of the app keeps what the condition or the order looks at,
   * or they cannot be read here at all.
   */
  readonly #unsure: StoredRow[] = []

  constructor({ collection, where, term, count }: SelectionOptions) {
    this.#collection = collection
    this.#conditions = where.flatMap(conjunctsOf).map((condition) => ({
      matches: predicateOf(condition),
      fields: fieldsIn(condition),
    }))
    this.#orderFields = term === undefined ? [] : fieldsIn(term.expression)
    this.#value = term === undefined ? () => undefined : leadingValue(term)
    this.#count = count ?? Number.POSITIVE_INFINITY
    this.#top = term === undefined || count === undefined ? undefined : new Top(count, comparatorOf(term))
  }

  take(row: StoredRow): void {
    let visible: SeenAsStored
    try {
      visible = seenAsStored(row, this.#collection)
    } catch {
      this.#unsure.push(row)
      return
    }
    const { row: seen, hidden } = visible
    const isHidden = (field: string): boolean => hidden.has(field)
    let isUnsure = this.#orderFields.some(isHidden)
    for (const { matches, fields } of this.#conditions) {
      if (fields.some(isHidden)) isUnsure = true
      else if (!matches(seen)) return
    }
    if (isUnsure) this.#unsure.push(row)
    else if (this.#top !== undefined) this.#top.add(this.#value(seen), row)
    else if (this.#unordered.length < this.#count) this.#unordered.push(row)
  }

  /** Whether rows that come later in this order change nothing. */
  get isComplete(): boolean {
    return this.#top?.isComplete ?? this.#unordered.length >= this.#count
  }

  get rows(): readonly StoredRow[] {
    return [...this.#unsure, ...(this.#top?.items ?? this.#unordered)]
  }
}
