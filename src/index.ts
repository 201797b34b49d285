/** daybook: durable collections for TanStack DB. No database binding in here: import `openDaybook` from `daybook/node`. */

export type { Durability } from './drivers/settings.js'
export * from './errors.js'
export { decodeOps } from './log/decode-ops.js'
export type { Entry, EntryKind, Requirement, Transaction } from './log/entry.js'
export type { Finding } from './log/finding.js'
export { encodeOps, type Op } from './log/op.js'
export type { Retain } from './materializer/compact.js'
export type { LocalOnlyOptions, PersistedCollectionUtils } from './runtime/collections/options.js'
export { persistedCollectionOptions } from './runtime/collections/options.js'
export type { MigratedRow } from './runtime/collections/schema/migration.js'
export type { SchemaVersionOptions } from './runtime/collections/schema/schema-options.js'
export type { Daybook } from './runtime/daybook/daybook.js'
export type { DecodedEntry, EntriesOptions } from './runtime/daybook/entries.js'
export type { DamageEvent, DaybookEvents, DestroyedEvent } from './runtime/daybook/events.js'
export type { Persistence } from './runtime/daybook/persistence.js'
export type * from './runtime/daybook/trace.js'
export type { CompactOptions } from './runtime/journal/calls.js'
export type { Entries, Journal, Rows, Unsubscribe } from './runtime/journal/journal.js'
export type {
  BatchEvent,
  CheckpointEvent,
  JournalCounters,
  JournalEvent,
  PostEvent,
  PostReason,
  TermEvent,
  TrimEvent,
} from './runtime/journal/meter.js'
export type { Forgotten, Redacted, RedactionPlan, SeqRange } from './runtime/journal/redactions.js'
export type { CollectionInfo, Counters, HandleCounters, Stats } from './runtime/journal/stats.js'
export type { Verification } from './runtime/journal/verification.js'
export type { ValueCodec } from './values/codecs.js'
export type { Key } from './values/key.js'
