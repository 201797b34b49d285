/** The tables of the log: their columns, and the statements that create and protect them. */

import { queryBuilder } from '../drivers/query.js'
import { TRIM_TRIGGER } from './trim-trigger.js'

export interface LogTables {
  /** One row for each entry. */
  daybook_log: {
    seq: number
    term: number
    kind: string
    origin: string
    origin_seq: number
    committed_at: number
    format: number
    /** How many parts the body has. */
    parts: number
    /** The length of the whole body in UTF-16 code units: lets a reader size its pages without reading bodies. */
    size: number
    /** The body's first part. */
    body: string
    checksum: string
  }
  /** The further parts of large bodies; `part` counts from 1. */
  daybook_log_parts: { seq: number; part: number; body: string }
  /** Where the transactions of each origin are: runs of consecutive origin seqs at consecutive seqs. See origins.ts. */
  daybook_origins: { origin: string; origin_seq: number; seq: number; term: number; length: number }
  /** What entries say of each collection besides its rows; `collection` is JSON text. See controls.ts. */
  daybook_controls: { collection: string; claim: number; schema_version: number; changed: number }
  /** One row: the seq through which the row tables, the origins and the controls are posted. */
  daybook_cursor: { id: number; seq: number }
  /** Facts about the file: `format`, `id`. */
  daybook_meta: { name: string; value: string }
}

export const log = queryBuilder<LogTables>()

/** The format of the file as a whole, in `daybook_meta`. */
export const FILE_FORMAT = 1

// A redacted part keeps the digest that it was given; the form is that of redacted-part.ts.
const isRedactionOf = (before: string, after: string): string =>
  `(substr(${after}.body, 1, 8) = '{"was":"' AND typeof(${after}.body) = 'text'
     AND (substr(${before}.body, 1, 1) = '[' OR substr(${before}.body, 1, 24) = substr(${after}.body, 1, 24)))`

export const LOG_SCHEMA: readonly string[] = [
  `CREATE TABLE daybook_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
  `CREATE TABLE daybook_log (
    seq INTEGER PRIMARY KEY,
    term INTEGER NOT NULL,
    kind TEXT NOT NULL,
    origin TEXT NOT NULL,
    origin_seq INTEGER NOT NULL,
    committed_at INTEGER NOT NULL,
    format INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    size INTEGER NOT NULL,
    body TEXT NOT NULL,
    checksum TEXT NOT NULL
  )`,
  `CREATE TABLE daybook_log_parts (
    seq INTEGER NOT NULL,
    part INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (seq, part)
  )`,
  // Partial: an append of a transaction does not touch it, so it costs the hot path nothing.
  `CREATE INDEX daybook_log_controls ON daybook_log (kind, seq) WHERE kind <> 'tx'`,
  `CREATE TABLE daybook_origins (
    origin TEXT NOT NULL,
    origin_seq INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    term INTEGER NOT NULL,
    length INTEGER NOT NULL,
    PRIMARY KEY (origin, origin_seq)
  )`,
  `CREATE TABLE daybook_controls (
    collection TEXT PRIMARY KEY,
    claim INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    changed INTEGER NOT NULL
  )`,
  `CREATE TABLE daybook_cursor (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL)`,
  // L1, and INSERT OR REPLACE, which no other trigger sees: an entry comes behind the last one, or not at all.
  `CREATE TRIGGER daybook_log_order BEFORE INSERT ON daybook_log
   WHEN NEW.seq <> (SELECT seq FROM daybook_log ORDER BY seq DESC LIMIT 1) + 1
   BEGIN SELECT RAISE(ABORT, 'daybook: an entry is only appended behind the last one'); END`,
  `CREATE TRIGGER daybook_log_parts_order BEFORE INSERT ON daybook_log_parts
   WHEN EXISTS (SELECT 1 FROM daybook_log_parts WHERE seq = NEW.seq AND part = NEW.part)
   BEGIN SELECT RAISE(ABORT, 'daybook: an entry of the log is never changed'); END`,
  // L4: an entry is never changed, whoever asks. Only ops of it are blanked (redaction.ts), once they are posted: its body
  // becomes what is left, under the digest that it had; nothing else changes.
  `CREATE TRIGGER daybook_log_immutable BEFORE UPDATE ON daybook_log
   WHEN NOT (NEW.seq IS OLD.seq AND NEW.term IS OLD.term AND NEW.kind IS OLD.kind AND NEW.origin IS OLD.origin
     AND NEW.origin_seq IS OLD.origin_seq AND NEW.committed_at IS OLD.committed_at AND NEW.format IS OLD.format
     AND NEW.parts IS OLD.parts AND NEW.checksum IS OLD.checksum
     AND OLD.kind NOT IN ('term', 'checkpoint', 'redact')
     AND OLD.seq <= (SELECT seq FROM daybook_cursor)
     AND ${isRedactionOf('OLD', 'NEW')})
   BEGIN SELECT RAISE(ABORT, 'daybook: an entry of the log is never changed'); END`,
  `CREATE TRIGGER daybook_log_parts_immutable BEFORE UPDATE ON daybook_log_parts
   WHEN NOT (NEW.seq IS OLD.seq AND NEW.part IS OLD.part
     AND OLD.seq <= (SELECT seq FROM daybook_cursor)
     AND ${isRedactionOf('OLD', 'NEW')})
   BEGIN SELECT RAISE(ABORT, 'daybook: an entry of the log is never changed'); END`,
  TRIM_TRIGGER,
  `CREATE TRIGGER daybook_log_parts_trim BEFORE DELETE ON daybook_log_parts
   WHEN EXISTS (SELECT 1 FROM daybook_log WHERE seq = OLD.seq)
   BEGIN SELECT RAISE(ABORT, 'daybook: the parts of an entry go with the entry'); END`,
]
