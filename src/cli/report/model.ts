/**
 * What a report page is made of: the JSON that a verb gathers and the page's own code reads. Types only, so that both
 * sides agree without either loading the other.
 */

import type { EntryKind } from '../../log/entry.js'
import type { StoredOp } from '../../log/stored-op.js'
import type { Key } from '../../values/key.js'
import type { Json, Note } from '../../values/value.js'

export type ReportModel = LogModel | HistoryModel | DiffModel | StatsModel

/** What every report says of itself. */
export interface Source {
  /** The name of the database's file, without its folders. */
  readonly file: string
  /** ms since 1970. */
  readonly madeAt: number
  readonly version: string
  /** With values; otherwise the page has shapes in their place. */
  readonly data: boolean
  /** What the page lacks and why, in sentences. */
  readonly remarks: readonly string[]
}

/** A value as it is stored, or with `['shape', field]` in its notes a word for what a field holds. */
export interface ReportValue {
  readonly json: Json
  readonly notes?: readonly Note[]
}

/** Entries in order, and what is needed to fold the rows at each of them. */
export interface Timeline {
  /** Ids, which the entries name by their index. */
  readonly collections: readonly string[]
  readonly origins: readonly string[]
  readonly entries: readonly EntryFacts[]
  /** The ops of the newest entries, one list an entry: those of the first entries may be left out. */
  readonly ops: readonly (readonly StoredOp[])[]
  /** The rows before the first entry of `ops`. */
  readonly base: readonly BaseCollection[]
  /** Rows from before the first entry may be missing: the log is trimmed, and they were not given. */
  readonly trimmed: boolean
}

/** A tuple, for there may be many. */
export type EntryFacts = readonly [
  seq: number,
  term: number,
  kind: EntryKind | 'damaged',
  origin: number,
  originSeq: number,
  committedAt: number,
  bytes: number,
  changes: readonly ChangeCounts[],
  damage?: string,
]

/** How many ops of which kind an entry has on a collection; `other`: metadata, state, truncate and control ops. */
export type ChangeCounts = readonly [
  collection: number,
  puts: number,
  patches: number,
  deletes: number,
  other: number,
]

export interface BaseCollection {
  readonly collection: string
  readonly rows: readonly BaseRow[]
  /** Rows that are there too, and that no entry of the page names. */
  readonly untouched: number
}

export type BaseRow = readonly [
  key: Key,
  seq: number,
  value: Json,
  notes: readonly Note[] | null,
  metadata?: ReportValue,
]

/** `log`: everything between two positions. */
export interface LogModel extends Source, Timeline {
  readonly report: 'log'
  /** What the page's search begins with. */
  readonly query: string
}

/** `history`: the entries that touched one row. */
export interface HistoryModel extends Source, Timeline {
  readonly report: 'history'
  readonly collection: string
  readonly key: Key
}

/** `diff`: the rows that differ between two states. */
export interface DiffModel extends Source {
  readonly report: 'diff'
  readonly from: string
  readonly to: string
  readonly collections: readonly DiffCounts[]
  readonly rows: readonly DiffRow[]
}

export interface DiffCounts {
  readonly collection: string
  readonly added: number
  readonly removed: number
  readonly changed: number
}

export interface DiffRow {
  readonly collection: string
  readonly key: Key
  readonly before?: ReportValue
  readonly after?: ReportValue
}

/** `stats`: what the log is made of. */
export interface StatsModel extends Source, Stats {
  readonly report: 'stats'
}

export interface Stats {
  readonly collections: readonly Bar[]
  readonly kinds: readonly Bar[]
  readonly origins: readonly Bar[]
  readonly hours: readonly HourBar[]
  readonly largest: readonly LargeEntry[]
  readonly hotKeys: readonly HotKey[]
}

export interface Bar {
  readonly label: string
  readonly entries: number
  readonly bytes: number
}

export interface HourBar {
  /** When the hour begins, in ms since 1970. */
  readonly hour: number
  readonly entries: number
  readonly bytes: number
}

export interface LargeEntry {
  readonly position: string
  readonly bytes: number
  /** In words: `todos +3 ~1`. */
  readonly what: string
}

export interface HotKey {
  readonly collection: string
  readonly key: Key
  /** How many ops name it. */
  readonly ops: number
}
