/**
 * What is known of a row at one position. Where the log's beginning was trimmed, or entries cannot be read, not
 * everything is: an unknown row is folded like any other one, and only what an op says of it becomes known.
 */

import { type FoldedRow, foldRow, KEEP, type RowOp } from '../fold.js'

/** What is known of a row that is there, or may be. */
export interface KnownRow {
  /** `undefined`: nobody can say whether there is such a row. What else is known holds if there is one. */
  readonly exists: true | undefined
  /** All of its fields are known. */
  readonly whole: boolean
  /** The fields that are known; metadata that is not is `KEEP`, a seq that is not is 0. */
  readonly row: FoldedRow
  /** Names that it is known not to have, where not all of its fields are known. */
  readonly unset: ReadonlySet<string>
  /** Where it is known which fields are not known, their names: it has no others. */
  readonly open?: ReadonlySet<string>
}

/** There is no such row. */
export const ABSENT = 'absent'

export type Knowledge = KnownRow | typeof ABSENT

const NONE: ReadonlySet<string> = new Set()

/** Nothing is known, not even whether there is such a row. */
export const UNKNOWN: KnownRow = {
  exists: undefined,
  whole: false,
  row: { value: { json: {}, notes: undefined }, metadata: KEEP, seq: 0 },
  unset: NONE,
}

/** A row of which all is known. */
export const known = (row: FoldedRow): KnownRow => ({ exists: true, whole: true, row, unset: NONE })

/** What is known after an op. What an op does is said by `foldRow`; here is only what one knows by it. */
export function knownAfter(before: Knowledge, op: RowOp, seq: number): Knowledge {
  const row = foldRow(before === ABSENT ? undefined : before.row, op, seq)
  if (row === undefined) return ABSENT
  if (before === ABSENT) return known(row)
  if (op[0] === 'put') {
    // It keeps the metadata of the row before it, if there was one.
    return known(before.exists ? row : { ...row, metadata: KEEP })
  }
  if (op[0] !== 'patch' || before.whole) return { ...before, row }
  const set = Object.keys(op[3] as object)
  const gone = op[5] ?? []
  const unset = new Set([...[...before.unset].filter((name) => !set.includes(name)), ...gone])
  if (before.open === undefined) return { ...before, row, unset }
  const open = new Set([...before.open].filter((name) => !set.includes(name) && !gone.includes(name)))
  return open.size === 0 && before.exists ? known(row) : { ...before, row, unset, open }
}
