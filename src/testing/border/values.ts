/** Rows with columns of mixed types: what apps keep, and what comparisons and orders stumble over. */

import * as fc from 'fast-check'
import type { Key } from '../../values/key.js'

/** A row of the machine. Fields may be missing, null, or of another type than their neighbours'. */
export interface Row {
  readonly id: Key
  /** Numbers mostly; also missing, null, a bigint, a text. */
  readonly n?: unknown
  /** Texts. */
  readonly s?: unknown
  /** Dates, and whatever the caller adds, such as Temporal. */
  readonly d?: unknown
  readonly tag?: unknown
  /** The key of a row of the other collection. */
  readonly ref?: unknown
  /** Which write it was that gave the row its present content. */
  readonly v?: unknown
}

export type Fields = Omit<Row, 'id' | 'v'>

/** Rows that no call asked for, the `start`th of their kind: marked by negative numbers. */
export const uncalledRows = (keys: readonly Key[], start: number): Row[] =>
  keys.map((id, index) => ({ id, n: index + 1, tag: 'x', v: -100 * start - index }))

/** The columns of an app. */
export const COLUMNS: readonly (keyof Fields)[] = ['n', 's', 'd', 'tag', 'ref']

export const KEYS: readonly Key[] = [1, 2, 3, 4, 'k', '1']
export const TAGS: readonly unknown[] = ['x', 'y']

const NUMBERS: readonly unknown[] = [0, 1, 2, 3, -1, 1.5, null, undefined, 2n, '2']
const TEXTS: readonly unknown[] = ['', 'a', 'A', 'b', 'ä', 'a_%', null]
const DATES: readonly unknown[] = [new Date(0), new Date(1), new Date(86_400_000), null]

export const keys: fc.Arbitrary<Key> = fc.constantFrom(...KEYS)

/** The columns of a row; each is left out now and then. */
export const fieldsFrom = (extra: readonly unknown[]): fc.Arbitrary<Fields> =>
  fc.record(
    {
      n: fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 4 }) },
        { weight: 1, arbitrary: fc.constantFrom(...NUMBERS) },
      ),
      s: fc.constantFrom(...TEXTS),
      d: fc.constantFrom(...DATES, ...extra),
      tag: fc.constantFrom(...TAGS, null),
      ref: fc.constantFrom(...KEYS),
    },
    { requiredKeys: [] },
  )
