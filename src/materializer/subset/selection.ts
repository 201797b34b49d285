/** Which of the rows that may be meant are: the exact filter, and the first so many in order. */

import type { StoredRow } from '../tables.js'
import { comparatorOf, leadingValue, predicateOf, type Seen, seen } from './exact.js'
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

export class Selection {
  readonly #collection: string
  readonly #matches: (row: Seen) => boolean
  readonly #value: (row: Seen) => unknown
  readonly #top: Top<StoredRow> | undefined
  readonly #count: number
  /** Those that need no order, and those that cannot be read: whoever decodes them says so. */
  readonly #others: StoredRow[] = []

  constructor({ collection, where, term, count }: SelectionOptions) {
    this.#collection = collection
    const predicates = where.map(predicateOf)
    this.#matches = (row) => predicates.every((matches) => matches(row))
    this.#value = term === undefined ? () => undefined : leadingValue(term)
    this.#count = count ?? Number.POSITIVE_INFINITY
    this.#top = term === undefined || count === undefined ? undefined : new Top(count, comparatorOf(term))
  }

  take(row: StoredRow): void {
    let visible: Seen
    try {
      visible = seen(row, this.#collection)
    } catch {
      this.#others.push(row)
      return
    }
    if (!this.#matches(visible)) return
    if (this.#top !== undefined) this.#top.add(this.#value(visible), row)
    else if (this.#others.length < this.#count) this.#others.push(row)
  }

  /** Whether rows that come later in this order change nothing. */
  get isComplete(): boolean {
    return this.#top?.isComplete ?? this.#others.length >= this.#count
  }

  get rows(): readonly StoredRow[] {
    return this.#top === undefined ? this.#others : [...this.#others, ...this.#top.items]
  }
}
