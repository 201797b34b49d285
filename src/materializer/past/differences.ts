/** Where two moments differ, of one file or of two. */

import type { RowChange } from './changes.js'
import { ABSENT, UNKNOWN } from './known-row.js'
import type { Past } from './told.js'

export interface Differing {
  /** Every row that is there, or may be, at one of the moments; whoever compares leaves out those that are the same. */
  readonly rows: Iterable<RowChange>
  /** Collections that may have other rows, of which nobody knows, at one of the moments. */
  readonly mayHaveMore: readonly string[]
}

/** The rows of two moments side by side, by collection. */
export function sideBySide(before: Past, after: Past): Differing {
  const left = new Map(before.collections())
  const right = new Map(after.collections())
  const ids = [...new Set([...left.keys(), ...right.keys()])].sort()
  return {
    mayHaveMore: ids.filter((id) => left.get(id)?.mayHaveMore || right.get(id)?.mayHaveMore),
    rows: (function* () {
      for (const collection of ids) {
        const [one, other] = [left.get(collection), right.get(collection)]
        // A row of which one moment has never heard: not there, unless that moment may have more than it knows.
        const otherwise = (side: typeof one) => (side?.mayHaveMore ? UNKNOWN : ABSENT)
        for (const key of new Set([...(one?.rows.keys() ?? []), ...(other?.rows.keys() ?? [])])) {
          const before = one?.rows.get(key) ?? otherwise(one)
          const after = other?.rows.get(key) ?? otherwise(other)
          yield { collection, key, before, after }
        }
      }
    })(),
  }
}
