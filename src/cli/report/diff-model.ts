/** Gathers a `diff` page: the rows that differ between two states. */

import type { FoldedRow } from '../../materializer/fold.js'
import type { Key } from '../../values/key.js'
import { count } from '../output/words.js'
import { LIMITS, type Limits } from './limits.js'
import type { DiffModel, DiffRow, ReportValue, Source } from './model.js'
import { shapedFields, shapeOf } from './shape.js'

/** A row that is not the same in both states, or is in one of them only. */
export interface Difference {
  readonly collection: string
  readonly key: Key
  readonly before: Pick<FoldedRow, 'value'> | undefined
  readonly after: Pick<FoldedRow, 'value'> | undefined
}

export interface DiffOptions {
  /** What the two states are called: positions, or names of files. */
  readonly from: string
  readonly to: string
  readonly differences: AsyncIterable<Difference> | Iterable<Difference>
  readonly limits?: Limits
}

/** The first differences as they are, and all of them counted. */
export async function diffModel(source: Source, options: DiffOptions): Promise<DiffModel> {
  const { from, to, limits = LIMITS } = options
  const counts = new Map<string, { added: number; removed: number; changed: number }>()
  const rows: DiffRow[] = []
  let room = limits.characters
  let total = 0
  for await (const difference of options.differences) {
    const { collection } = difference
    const counted = counts.get(collection) ?? { added: 0, removed: 0, changed: 0 }
    counts.set(collection, counted)
    counted[kindOf(difference)]++
    total++
    if (rows.length >= limits.differences || room <= 0) continue
    const row = shapedDifference(difference, source, limits)
    room -= JSON.stringify(row).length
    rows.push(row)
  }
  const left = total - rows.length
  const remarks = left === 0 ? [] : [`${count(left, 'more difference')} did not fit and are counted only.`]
  return {
    ...source,
    remarks: [...source.remarks, ...remarks],
    report: 'diff',
    from,
    to,
    collections: Array.from(counts, ([collection, counted]) => ({ collection, ...counted })),
    rows,
  }
}

function kindOf({ before, after }: Difference): 'added' | 'removed' | 'changed' {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

function shapedDifference(difference: Difference, { data }: Source, { field }: Limits): DiffRow {
  const { collection, key } = difference
  const shaped = (row: Difference['before']): ReportValue | undefined =>
    row && shapedFields(row.value.json, row.value.notes, { data, field })
  const before = shaped(difference.before)
  const after = shaped(difference.after)
  return {
    collection,
    key,
    ...(before && { before }),
    ...(after && { after: before && !data ? told(difference, before, after) : after }),
  }
}

// Two different values can have one shape, and a page without values could not tell that a field differs.
function told(difference: Difference, before: ReportValue, after: ReportValue): ReportValue {
  const [one, other] = [difference.before?.value, difference.after?.value]
  const fields = Object.entries(after.json as Record<string, string>).map(([name, shape]) => {
    const was = ownField(one?.json, name)
    const is = ownField(other?.json, name)
    const sameShape = ownField(before.json, name) === shape
    const differs = JSON.stringify(was) !== JSON.stringify(is)
    return [name, sameShape && differs ? `${shapeOf(is as never)}, another one` : shape]
  })
  return { ...after, json: Object.fromEntries(fields) }
}

const ownField = (json: unknown, name: string): unknown =>
  typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Record<string, unknown>)[name]
    : undefined
