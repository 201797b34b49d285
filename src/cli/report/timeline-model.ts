/** Gathers the entries of a `log` or a `history` page, and the rows that it begins with. */

import type { Scanned } from '../../log/scan.js'
import type { StoredOp } from '../../log/stored-op.js'
import { type FoldedRow, KEEP } from '../../materializer/fold.js'
import { encodeKey, type Key } from '../../values/key.js'
import { count } from '../output/words.js'
import { factsOf, Names, readableOps } from './facts.js'
import { LIMITS, type Limits } from './limits.js'
import type { HistoryModel, LogModel, Source, Timeline } from './model.js'
import { type Hiding, shapedFields, shapedOp, shapedWhole } from './shape.js'
import { type RowsByCollection, Window } from './window.js'

export interface TimelineOptions {
  /** Every entry that the rows depend on, in order; those through the seq `after` are folded and not shown. */
  readonly entries: AsyncIterable<Scanned> | Iterable<Scanned>
  readonly after?: number
  /** The rows before the first of them, where there are any: as `foldEntry` has them. */
  readonly rows?: RowsByCollection
  /** There were rows before the first of them, and nobody knows them: the log is trimmed. */
  readonly trimmed?: boolean
  /** Only ops of this collection and of these keys are in the page, and entries that have some. */
  readonly collection?: string | undefined
  readonly keys?: readonly Key[] | undefined
  readonly limits?: Limits
}

/** A `log` page. `query` is what its search begins with. */
export async function logModel(
  source: Source,
  options: TimelineOptions & { readonly query?: string },
): Promise<LogModel> {
  return { report: 'log', query: options.query ?? '', ...(await timeline(source, options)) }
}

/** A `history` page: one row along the entries that touched it. */
export async function historyModel(
  source: Source,
  options: TimelineOptions & { readonly collection: string; readonly key: Key },
): Promise<HistoryModel> {
  const { collection, key } = options
  return { report: 'history', collection, key, ...(await timeline(source, { ...options, keys: [key] })) }
}

async function timeline(source: Source, options: TimelineOptions): Promise<Source & Timeline> {
  const { after = 0, limits = LIMITS, collection, keys, trimmed = false } = options
  const hiding = { data: source.data, field: limits.field }
  const collections = new Names()
  const origins = new Names()
  const window = new Window(limits, shapedRows(options, hiding))
  const isFiltered = collection !== undefined || keys !== undefined
  let shown = 0
  let damaged = 0
  for await (const scanned of options.entries) {
    const all = scanned.entry === undefined ? [] : readableOps(scanned.entry)
    const chosen = isFiltered ? all.filter((op) => isChosen(op, collection, keys)) : all
    const ops = chosen.map((op) => shapedOp(op, hiding))
    if (scanned.seq <= after) {
      window.fold(scanned.seq, ops)
      continue
    }
    if (scanned.damage !== undefined) damaged++
    else if (isFiltered && ops.length === 0) continue
    shown++
    window.add(factsOf(scanned, ops, collections, origins), ops)
  }
  const gathered = window.finish()
  const remarks = [
    ...source.remarks,
    ...(trimmed ? ['The log is trimmed: rows that no entry here has put are not in this page.'] : []),
    ...remarksOn(gathered, shown, source),
    ...(damaged > 0
      ? [`${count(damaged, 'place')} of the log cannot be trusted; rows from there on are a best guess.`]
      : []),
  ]
  return { ...source, remarks, collections: collections.list, origins: origins.list, trimmed, ...gathered }
}

/** Ops that say what became of the chosen rows; emptying a collection concerns every key. */
function isChosen(op: StoredOp, collection: string | undefined, keys: readonly Key[] | undefined): boolean {
  if (collection !== undefined && op[1] !== collection) return false
  if (keys === undefined || op[0] === 'truncate' || op[0] === 'reset') return true
  return KEYED.has(op[0]) && keys.includes(op[2] as Key)
}

const KEYED: ReadonlySet<StoredOp[0]> = new Set(['put', 'patch', 'delete', 'meta'])

function shapedRows({ rows, collection, keys }: TimelineOptions, hiding: Hiding): RowsByCollection {
  const wanted = keys?.map(encodeKey)
  const shaped: RowsByCollection = new Map()
  for (const [id, all] of rows ?? []) {
    if (collection !== undefined && id !== collection) continue
    const chosen = wanted === undefined ? [...all] : [...all].filter(([key]) => wanted.includes(key))
    shaped.set(id, new Map(chosen.map(([key, row]) => [key, shapedRow(row, hiding)])))
  }
  return shaped
}

function shapedRow({ value, metadata, seq }: FoldedRow, hiding: Hiding): FoldedRow {
  const fields = shapedFields(value.json, value.notes, hiding)
  const known = metadata === undefined || metadata === KEEP ? undefined : metadata
  const meta = known && shapedWhole(known.json, known.notes, hiding)
  return {
    value: { json: fields.json, notes: fields.notes },
    metadata: meta && { json: meta.json, notes: meta.notes },
    seq,
  }
}

/** What did not fit, and how to see it. */
function remarksOn(
  { entries, ops, base }: Pick<Timeline, 'entries' | 'ops' | 'base'>,
  shown: number,
  { file }: Source,
): string[] {
  const remarks: string[] = []
  const first = entries[0]?.[0]
  if (shown > entries.length) {
    remarks.push(
      `The ${count(shown - entries.length, 'oldest entry', 'oldest entries')} of the range did not fit: daybook log ${file} ${(first ?? 1) - 1} --html … shows them.`,
    )
  }
  const without = entries.length - ops.length
  if (without > 0) {
    const next = entries[without]?.[0]
    const since = next === undefined ? 'the entries' : `the entries before ${next}`
    remarks.push(
      `The ops of ${since} did not fit: those entries are counted on the timeline, without their rows.`,
    )
  }
  const untouched = base.reduce((sum, each) => sum + each.untouched, 0)
  if (untouched > 0)
    remarks.push(`${count(untouched, 'row')} that no entry here changes did not fit; they are counted only.`)
  return remarks
}
