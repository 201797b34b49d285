/** Sizes and positions of a file, in little time however large it is. */

import { all, first, type Program } from '../drivers/program.js'
import { controlsOf } from '../log/controls.js'
import { cursor } from '../log/cursor.js'
import type { Position } from '../log/entry.js'
import { entryAt } from '../log/find.js'
import { floor } from '../log/read.js'
import { tail } from '../log/tail.js'
import { listCollections } from './registry.js'
import { rowTable } from './tables.js'

export interface FileMeasures {
  readonly floor: Position
  readonly head: Position
  /** How many entries a log from the floor to the head has. */
  readonly entries: number
  readonly cursor: number
  readonly terms: { readonly first: number; readonly last: number }
  /** When the oldest and the newest entry were committed, in ms since 1970. */
  readonly committed: { readonly first: number; readonly last: number }
  /** The formats of the oldest and the newest entry. */
  readonly entryFormats: readonly number[]
  readonly pageSize: number
  readonly fileBytes: number
  readonly freeBytes: number
  readonly journalMode: string
  readonly collections: readonly MeasuredCollection[]
}

export interface MeasuredCollection {
  readonly id: string
  /** The table that a person can query with SQL. */
  readonly rowTable: string
  readonly rows: number
  /** What its values take as JSON: of a large table estimated, by the rows that come first. */
  readonly bytes: number
  readonly schemaVersion: number
}

/** As many rows are looked at to tell the size of all. */
const SAMPLE = 10_000

export function* measureFile(): Program<FileMeasures> {
  const { seq, term } = yield* tail()
  const oldest = yield* floor()
  const formats: number[] = []
  const times: number[] = []
  for (const at of [oldest.seq, seq]) {
    const raw = yield* entryAt(at)
    formats.push(raw?.entry.format ?? 0)
    times.push(raw?.entry.committedAt ?? 0)
  }
  const pageSize = Number(yield* pragma('page_size'))
  return {
    floor: oldest,
    head: { term, seq },
    entries: seq - oldest.seq + 1,
    cursor: yield* cursor(),
    terms: { first: oldest.term, last: term },
    committed: { first: times[0] as number, last: times[1] as number },
    entryFormats: [...new Set(formats)],
    pageSize,
    fileBytes: Number(yield* pragma('page_count')) * pageSize,
    freeBytes: Number(yield* pragma('freelist_count')) * pageSize,
    journalMode: String(yield* pragma('journal_mode')),
    collections: yield* measureCollections(),
  }
}

function* measureCollections(): Program<MeasuredCollection[]> {
  const measured: MeasuredCollection[] = []
  for (const { collection, rowTable: table } of yield* listCollections()) {
    const statements = rowTable(table)
    const rows = (yield* first(statements.count))?.count ?? 0
    const sample = yield* first(statements.sizes, SAMPLE)
    const { schemaVersion } = yield* controlsOf(collection)
    const bytes = Number(sample?.bytes ?? 0) * (rows > SAMPLE ? rows / SAMPLE : 1)
    measured.push({ id: collection, rowTable: table, rows, bytes: Math.round(bytes), schemaVersion })
  }
  return measured
}

/** A PRAGMA that only answers. */
export function* pragma(
  name: 'page_size' | 'page_count' | 'freelist_count' | 'journal_mode',
): Program<unknown> {
  const [row] = yield* all<[], Record<string, unknown>>({ sql: `PRAGMA ${name}` })
  return row?.[name]
}
