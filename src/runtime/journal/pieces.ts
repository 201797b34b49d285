/**
 * Large answers travel in pieces, each asked for when the one before has arrived: no context has to take in more than one
 * at a time, and none is sent to a context that is gone.
 */

import type { Entry } from '../../log/entry.js'
import type { StoredRow } from '../../materializer/tables.js'
import type { Method } from './protocol.js'

/** About how much one piece holds, in UTF-16 code units. */
const PIECE = 1 << 18

/** How many rows one piece has at most: each is an object to be made. */
const ROWS = 1000

/** The part of an answer that is a list. */
interface RowsPiece {
  readonly rows: readonly StoredRow[]
}
interface EntriesPiece {
  readonly entries: readonly Entry[]
  /** Further parts of the body of the last entry so far. */
  readonly parts?: readonly string[]
}

/** The pieces of the answer to a call; just one where it is small. The first has everything but the rest of the list. */
export function cut(method: Method, answer: unknown): unknown[] {
  if (method === 'query') return cutRows(answer as RowsPiece)
  const { entries } = (method === 'read' ? answer : {}) as Partial<EntriesPiece>
  // A reader whose place was trimmed is told so instead.
  return entries === undefined ? [answer] : cutEntries(answer as EntriesPiece)
}

/** The answer that was cut into these pieces. */
export function join([first, ...rest]: readonly unknown[]): unknown {
  if (rest.length === 0) return first
  if ('rows' in (first as object)) {
    return { ...(first as RowsPiece), rows: [first, ...rest].flatMap((piece) => (piece as RowsPiece).rows) }
  }
  const entries: Entry[] = []
  for (const piece of [first, ...rest] as EntriesPiece[]) {
    const last = entries.at(-1)
    if (piece.parts !== undefined && last !== undefined) {
      entries[entries.length - 1] = { ...last, parts: [...last.parts, ...piece.parts] }
    }
    entries.push(...piece.entries)
  }
  return { ...(first as EntriesPiece), entries }
}

function cutRows(answer: RowsPiece): RowsPiece[] {
  const pieces: RowsPiece[] = []
  let rows: StoredRow[] = []
  let size = 0
  for (const row of answer.rows) {
    if (rows.length === ROWS || size > PIECE) {
      pieces.push({ rows })
      rows = []
      size = 0
    }
    rows.push(row)
    size += row.value.length
  }
  pieces.push({ rows })
  return [{ ...answer, ...pieces[0] }, ...pieces.slice(1)]
}

function cutEntries(answer: EntriesPiece): EntriesPiece[] {
  const pieces: EntriesPiece[] = []
  let entries: Entry[] = []
  let size = 0
  const end = (): void => {
    pieces.push({ entries })
    entries = []
    size = 0
  }
  for (const entry of answer.entries) {
    if (size > PIECE) end()
    const [first = '', ...further] = entry.parts
    entries.push(further.length === 0 ? entry : { ...entry, parts: [first] })
    size += first.length
    if (further.length === 0) continue
    end()
    // A part is as large as a piece.
    for (const part of further) pieces.push({ entries: [], parts: [part] })
  }
  if (entries.length > 0 || pieces.length === 0) end()
  return [{ ...answer, ...pieces[0] }, ...pieces.slice(1)] as EntriesPiece[]
}
