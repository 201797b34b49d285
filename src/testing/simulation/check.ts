/** What must be so when everything has settled, whatever has happened before. */

import { sameValue } from '../../values/same.js'
import { type FoldedCollections, foldOps } from '../fold.js'
import { type ArchivedEntry, opsOf } from './archive.js'
import { type Call, type Calls, codeOf, marksOf } from './calls.js'
import type { Row, VirtualPage } from './virtual-page.js'

/** Errors that only concern leaders, and a transaction that is told apart wrongly. */
const OF_LEADERS = ['DAYBOOK_FENCED', 'DAYBOOK_CLOSED', 'DAYBOOK_ORIGIN_CONFLICT']

/** Something is not as it was promised. */
export class BrokenPromise extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'BrokenPromise'
  }
}

export function must(holds: boolean, message: () => string): void {
  if (!holds) throw new BrokenPromise(message())
}

/** L1, L2, L5, L8: gapless, in the order of terms, each transaction once, and everything that was promised. */
export function checkEntries(entries: readonly ArchivedEntry[], calls: Calls): void {
  const makers = new Map<string, number>()
  const marks = new Map<number, number>()
  let term = 0
  for (const [index, entry] of entries.entries()) {
    const { seq, origin, originSeq } = entry
    must(seq === index + 1, () => `L1: the log has entry ${seq} where entry ${index + 1} belongs`)
    must(entry.term >= term, () => `L2: entry ${seq} has term ${entry.term}, after term ${term}`)
    term = entry.term
    const maker = `${origin} ${originSeq}`
    must(!makers.has(maker), () => `L5: transaction ${maker} is entry ${makers.get(maker)} and entry ${seq}`)
    makers.set(maker, seq)
    for (const mark of marksOf(opsOf(entry))) {
      must(!marks.has(mark), () => `L5: call ${mark} is in entry ${marks.get(mark)} and in entry ${seq}`)
      marks.set(mark, seq)
    }
  }
  for (const { mark, row } of calls.promised) {
    must(marks.has(mark), () => `L8: call ${mark} on ${row} was acknowledged, and is not in the log`)
  }
}

/** What a refusal leaves behind: nothing, unless a disk that failed may have taken it before it said so. */
export function checkRefused(entries: readonly ArchivedEntry[], calls: Calls, mayBeKept: boolean): void {
  if (mayBeKept) return
  const marks = new Set(entries.flatMap((entry) => marksOf(opsOf(entry))))
  for (const { mark, outcome } of calls.all) {
    if (typeof outcome === 'string') continue
    must(!marks.has(mark), () => `call ${mark} was refused (${codeOf(outcome.refused)}), and is in the log`)
  }
}

/** Whoever is still there was told what became of what it asked for. */
export function checkTold(living: ReadonlySet<VirtualPage>, calls: Calls, mayRefuse: boolean): void {
  for (const call of calls.all) {
    if (!living.has(call.page)) continue
    const { mark, row, outcome } = call
    must(outcome !== 'pending', () => `call ${mark} on ${row} was never answered`)
    if (typeof outcome === 'string') continue
    must(isFairRefusal(call, outcome.refused, mayRefuse), () => {
      return `call ${mark} on ${row} was refused without a reason: ${codeOf(outcome.refused)}`
    })
  }
}

/** Two tabs may make, change or delete the same row at once: the second is told, and what it did to that row meanwhile is refused as well. */
const OF_OTHERS: readonly string[] = ['DAYBOOK_KEY_TAKEN', 'DAYBOOK_ROW_GONE', 'DAYBOOK_EARLIER_REFUSED']

function isFairRefusal({ kind }: Call, refused: unknown, mayRefuse: boolean): boolean {
  const code = codeOf(refused)
  // What became of a leader is no reason to refuse anything.
  if (OF_LEADERS.includes(code)) return false
  return (kind !== 'write' && OF_OTHERS.includes(code)) || (mayRefuse && code.startsWith('DAYBOOK_'))
}

/** Every tab shows the rows that the log makes, or says that it cannot. */
export function checkRows(
  pages: Iterable<VirtualPage>,
  entries: readonly ArchivedEntry[],
  mayFail: boolean,
): void {
  const folded: FoldedCollections = new Map()
  for (const entry of entries) foldOps(folded, opsOf(entry))
  const expected = folded.get('rows') ?? new Map()
  for (const { rows, errors } of pages) {
    for (const error of errors) {
      must(mayFail && codeOf(error).startsWith('DAYBOOK_'), () => `a tab reports ${codeOf(error)}`)
    }
    if (mayFail && rows.status === 'error') continue
    must(rows.status === 'ready', () => `a collection is ${rows.status}`)
    const shown = new Map([...rows.entries()].map(([key, row]) => [key, plain(row)]))
    for (const [key, row] of shown) {
      must(expected.has(key), () => `M5: a tab shows row ${key}, which the log does not have`)
      must(sameValue(sorted(row), sorted(expected.get(key) as object)), () => {
        return `M5: a tab shows ${JSON.stringify(row)}, the log has ${JSON.stringify(expected.get(key))}`
      })
    }
    for (const key of expected.keys()) must(shown.has(key), () => `M5: a tab lacks row ${String(key)}`)
  }
}

/** Without what TanStack DB adds. */
const plain = (row: Row): object =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('$')))

const sorted = (row: object): object =>
  Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
