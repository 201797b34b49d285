/** Entries: one committed transaction, or one control record, at one position of the log. */

import type { Position } from '../errors.js'

export { formatPosition } from '../errors.js'
export type { Position }

/**
 * `tx` is a transaction that changes rows. `claim`, `schema` and `reset` are transactions with an op of that name, which
 * decides about other transactions as well. `term`, `checkpoint` and `redact` are the log's own control records.
 */
export type EntryKind = 'tx' | 'term' | 'claim' | 'schema' | 'reset' | 'checkpoint' | 'redact'

/** The format of entries that this version writes. An entry keeps the number it was written with. */
export const ENTRY_FORMAT = 1

/** The position before the first entry: read after it to read everything that is kept. */
export const START: Position = { term: 0, seq: 0 }

/** One row of the log, as it is stored. */
export interface Entry {
  readonly position: Position
  readonly kind: EntryKind
  /** Who made it: one open daybook handle. */
  readonly origin: string
  /** That maker's own counter. */
  readonly originSeq: number
  /** Milliseconds since 1970 on the writer's clock; information only, nothing is decided by it. */
  readonly committedAt: number
  readonly format: number
  /** The body: each part the JSON text of an array of ops, or of what is left of one (redacted-part.ts). */
  readonly parts: readonly string[]
  readonly checksum: string
}

/** Where the log ends. */
export interface Tail {
  readonly seq: number
  readonly term: number
  readonly checksum: string
}

/** Who makes an entry of the log's own. */
export interface Maker {
  readonly origin: string
  /** A number for an entry, should one be written. */
  readonly nextOriginSeq: () => number
  readonly committedAt: number
}

/** The parts of an entry that hold ops: the bodies of checkpoints and of redactions are not made of ops. */
export const opParts = ({ kind, parts }: Pick<Entry, 'kind' | 'parts'>): readonly string[] =>
  kind === 'checkpoint' || kind === 'redact' ? [] : parts

/** What somebody asks the log to append. The same (origin, originSeq) can be sent any number of times. */
export interface Transaction {
  readonly origin: string
  readonly originSeq: number
  /** From `encodeOps`. */
  readonly parts: readonly string[]
  /** The term that the writer leads; left out by a writer that leads nothing. */
  readonly term?: number
  /** What must hold when the transaction is appended; otherwise it is refused. No part of the entry. */
  readonly requires?: readonly Requirement[]
}

/**
 * What a transaction requires of the log at the moment of its append. Seqs count from 1; 0 stands for "none yet".
 *
 * - `claim`: the collection's newest claim is the entry at this seq. Otherwise `DeposedError`.
 * - `schema`: the collection's rows have this schema version (1 where no entry says otherwise). Otherwise
 *   `SchemaVersionError`.
 * - `unchanged`: no entry after this seq touches the collection, claims aside. Otherwise `ChangedError`.
 * - `keys`: no entry of another origin after this seq has put a key of the collection that the transaction puts, or
 *   removed a row that it patches. Otherwise `KeyTakenError` or `RowGoneError`; `ChangedError` when the entries in between
 *   are too many, or gone.
 */
export type Requirement =
  | readonly ['claim', collection: string, seq: number]
  | readonly ['schema', collection: string, version: number]
  | readonly ['unchanged', collection: string, seq: number]
  | readonly ['keys', collection: string, seq: number]
