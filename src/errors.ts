/**
 * Every failure that the world (not a bug of ours) can cause, one small class each.
 *
 * A `code` never changes once released; messages may. The facts are fields, the cause is kept, and each message
 * ends with what to do about it. `docs/errors.md` lists them all and a test compares it with this file.
 */

/** The (term, seq) of an entry; written `3:1041`. `seq` counts from 1 over the whole log. */
export interface Position {
  readonly term: number
  readonly seq: number
}

/** `3:1041`, the way positions are written everywhere.
 *
 * @example
 * formatPosition({ term: 3, seq: 1041 }) // '3:1041'
 */
export const formatPosition = (position: Position): string => `${position.term}:${position.seq}`

/** What all errors of daybook share: a stable `code` to branch on. */
export abstract class DaybookError extends Error {
  abstract readonly code: string

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
  }
}

/** The daybook was closed; nothing can be read or written through it any more. */
export class ClosedError extends DaybookError {
  readonly code = 'DAYBOOK_CLOSED'

  constructor() {
    super('This daybook is closed. Open a new one with openDaybook() to read or write.')
  }
}

/** An option of openDaybook() or of a collection cannot be used as it is. */
export class InvalidOptionError extends DaybookError {
  readonly code = 'DAYBOOK_INVALID_OPTION'

  constructor(
    readonly option: string,
    message: string,
  ) {
    super(message)
  }
}

/** A persisted collection was declared without an `id`. */
export class MissingCollectionIdError extends DaybookError {
  readonly code = 'DAYBOOK_MISSING_COLLECTION_ID'

  constructor() {
    super(
      'A persisted collection needs an `id`: without one its rows would be stored under a random name and not be ' +
        "found at the next start. Add e.g. `id: 'todos'` to persistedCollectionOptions({ … }).",
    )
  }
}

/** A row key is neither a string nor a finite number. */
export class InvalidKeyError extends DaybookError {
  readonly code = 'DAYBOOK_INVALID_KEY'

  constructor(
    readonly collection: string,
    readonly key: unknown,
  ) {
    super(
      `Collection ${quote(collection)}: ${describe(key)} cannot be a row key. ` +
        'Return a string or a finite number from getKey.',
    )
  }
}

/** A value holds something that cannot be kept, such as a function. `path` leads to it. */
export class UnkeepableValueError extends DaybookError {
  readonly code = 'DAYBOOK_UNKEEPABLE_VALUE'

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
  ) {
    super(
      `The value at ${formatPath(path)} cannot be kept: ${reason}. Remove it from the row or convert it before ` +
        'writing; nothing was written.',
    )
  }
}

/** A stored row cannot be turned back into a value by this runtime. The other rows are not affected. */
export class UnreadableValueError extends DaybookError {
  readonly code = 'DAYBOOK_UNREADABLE_VALUE'

  constructor(
    readonly path: readonly (string | number)[],
    readonly reason: string,
    options?: { cause?: unknown },
  ) {
    super(
      `The stored value at ${formatPath(path)} cannot be read: ${reason}. It is still in the file; read it with a ` +
        'runtime that knows this type, or overwrite the row.',
      options,
    )
  }
}

/** One row of a collection could not be read; it was left out and everything else was loaded. */
export class UnreadableRowError extends DaybookError {
  readonly code = 'DAYBOOK_UNREADABLE_ROW'

  constructor(
    readonly collection: string,
    /** The key as JSON text, as it is stored. */
    readonly key: string,
    options: { cause: unknown },
  ) {
    super(
      `Row ${key} of collection ${quote(collection)} was left out because it cannot be read: ` +
        `${messageOf(options.cause)}`,
      options,
    )
  }
}

/** One piece of a collection's metadata could not be read; it was left out and everything else was loaded. */
export class UnreadableStateError extends DaybookError {
  readonly code = 'DAYBOOK_UNREADABLE_STATE'

  constructor(
    readonly collection: string,
    /** The name under which the source keeps it. */
    readonly stateName: string,
    options: { cause: unknown },
  ) {
    super(
      `The metadata ${quote(stateName)} of collection ${quote(collection)} was left out because it cannot be read: ` +
        `${messageOf(options.cause)} Its source starts without it, which for a resume token means a full snapshot.`,
      options,
    )
  }
}

/** The changes of a synced collection cannot be kept at present; its rows stay live in memory. */
export class NotPersistedError extends DaybookError {
  readonly code = 'DAYBOOK_NOT_PERSISTED'

  constructor(
    readonly collection: string,
    options: { cause: unknown },
  ) {
    super(
      `What the source of collection ${quote(collection)} sends is shown but cannot be kept: ` +
        `${messageOf(options.cause)} The rows and the resume token on disk stay as they were, together. daybook tries ` +
        'again by itself; what was missed is kept then, or sent again by the source after a restart.',
      options,
    )
  }
}

/** The source of a synced collection failed while its rows on disk could be shown. */
export class SourceError extends DaybookError {
  readonly code = 'DAYBOOK_SOURCE'

  constructor(
    readonly collection: string,
    options: { cause: unknown },
  ) {
    super(
      `The source of collection ${quote(collection)} failed: ${messageOf(options.cause)} The rows that were kept are ` +
        'shown and stay usable; they are as new as the last sync.',
      options,
    )
  }
}

/** The rows of a synced collection come from its source: they cannot be written to the log beside it. */
export class SyncedCollectionError extends DaybookError {
  readonly code = 'DAYBOOK_SYNCED_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is synced: its rows come from its source, so daybook.commit() cannot keep ` +
        'changes to it. Send them to the source in onInsert, onUpdate and onDelete, or in the mutationFn.',
    )
  }
}

/** A transaction is not of the shape the log accepts (a bug of the caller, or a message from a foreign context). */
export class InvalidTransactionError extends DaybookError {
  readonly code = 'DAYBOOK_INVALID_TRANSACTION'

  constructor(readonly reason: string) {
    super(`This transaction was refused and nothing was written: ${reason}.`)
  }
}

/** The same (origin, origin seq) was appended before with other content. */
export class OriginConflictError extends DaybookError {
  readonly code = 'DAYBOOK_ORIGIN_CONFLICT'

  constructor(
    readonly origin: string,
    readonly originSeq: number,
    readonly position: Position,
  ) {
    super(
      `Transaction ${originSeq} of origin ${origin} is already in the log at ${formatPosition(position)} with other ` +
        'content. Give a new transaction a new origin seq; repeat an old one unchanged.',
    )
  }
}

/** An append carried an older term than the log has: somebody else leads now. */
export class FencedError extends DaybookError {
  readonly code = 'DAYBOOK_FENCED'

  constructor(
    readonly term: number,
    readonly newestTerm: number,
  ) {
    super(
      `This writer led term ${term}, but term ${newestTerm} has begun. Nothing was written; send the transaction to ` +
        'the present leader with the same origin seq.',
    )
  }
}

/** Somebody else has claimed the collection since: another context syncs it now. */
export class DeposedError extends DaybookError {
  readonly code = 'DAYBOOK_DEPOSED'

  constructor(
    readonly collection: string,
    /** The seq of the claim that the transaction was made under; 0 for none. */
    readonly claim: number,
    /** The seq of the newest claim; 0 when there is none. */
    readonly newestClaim: number,
  ) {
    super(
      `Collection ${quote(collection)} was claimed at seq ${newestClaim}, after the claim at seq ${claim} that this ` +
        'transaction was made under. Nothing was written; stop syncing the collection here, or claim it again.',
    )
  }
}

/** The rows of a collection have another schema version than this app declares. */
export class SchemaVersionError extends DaybookError {
  readonly code = 'DAYBOOK_SCHEMA_VERSION'

  constructor(
    readonly collection: string,
    /** The version of the stored rows. */
    readonly found: number,
    /** The version that this app has. */
    readonly wanted: number,
  ) {
    super(
      `The rows of collection ${quote(collection)} have schema version ${found}, this app has version ${wanted}; ` +
        'nothing was written. ' +
        (found > wanted
          ? 'A newer version of the app has written them: update this one (reload the page, install the release).'
          : 'Open the collection with this version before you write to it: that migrates the rows.'),
    )
  }
}

/** A local-only collection has rows of an older schema version, and the app does not say how to migrate them. */
export class MigrationMissingError extends DaybookError {
  readonly code = 'DAYBOOK_MIGRATION_MISSING'

  constructor(
    readonly collection: string,
    /** The version of the stored rows. */
    readonly found: number,
    /** The version that this app has. */
    readonly wanted: number,
  ) {
    super(
      `Collection ${quote(collection)} has rows of schema version ${found}, this app declares version ${wanted} and no ` +
        '`migrate`. Nothing was changed. Add `migrate: (row, fromVersion) => …` to its options, which returns the row ' +
        `as version ${wanted} has it; or forget the rows with daybook.drop(${quote(collection)}).`,
    )
  }
}

/** A row could not be migrated to the schema version that the app declares. No row was changed. */
export class MigrationError extends DaybookError {
  readonly code = 'DAYBOOK_MIGRATION'

  constructor(
    readonly collection: string,
    /** The key as JSON text, as it is stored. */
    readonly key: string,
    readonly from: number,
    readonly to: number,
    options: { cause: unknown },
  ) {
    super(
      `Row ${key} of collection ${quote(collection)} could not be migrated from schema version ${from} to ${to}: ` +
        `${messageOf(options.cause)} Nothing was changed: all rows are still of version ${from}. Mend \`migrate\` and ` +
        'open the collection again.',
      options,
    )
  }
}

/** The collection was changed after the position that the transaction was made at. Read it again and repeat. */
export class ChangedError extends DaybookError {
  readonly code = 'DAYBOOK_CHANGED'

  constructor(
    readonly collection: string,
    /** The seq that the transaction was made at. */
    readonly at: number,
    /** The seq of an entry that touches the collection since. */
    readonly changed: number,
  ) {
    super(
      `Collection ${quote(collection)} was changed at seq ${changed}, after seq ${at} that this transaction was made ` +
        'at. Nothing was written; read the rows again and repeat.',
    )
  }
}

/** Entries that were asked for have been trimmed; read rows instead and go on from their position. */
export class TrimmedError extends DaybookError {
  readonly code = 'DAYBOOK_TRIMMED'

  constructor(
    readonly after: Position,
    readonly floor: Position,
  ) {
    super(
      `The log no longer holds the entries after ${formatPosition(after)}: it begins at ${formatPosition(floor)}. ` +
        'Read the rows and go on from their position.',
    )
  }
}

/** An entry, or the order of entries, is not what was written: the file is damaged. */
export class CorruptLogError extends DaybookError {
  readonly code = 'DAYBOOK_CORRUPT_LOG'

  constructor(
    readonly seq: number,
    readonly reason: string,
  ) {
    super(
      `Entry ${seq} of the log is damaged: ${reason}. Entries before it can still be read. Make a copy of the file ` +
        'before you do anything else.',
    )
  }
}

/** The row tables do not fit the log (SQLite's own structures are in order). */
export class CorruptRowsError extends DaybookError {
  readonly code = 'DAYBOOK_CORRUPT_ROWS'

  constructor(readonly reason: string) {
    super(`The row tables do not fit the log: ${reason}. Call rebuild() to make them anew from the log.`)
  }
}

/** Row tables cannot be made anew from the log because its beginning was trimmed. */
export class RebuildImpossibleError extends DaybookError {
  readonly code = 'DAYBOOK_REBUILD_IMPOSSIBLE'

  constructor(readonly floor: Position) {
    super(
      `The log begins at ${formatPosition(floor)}; what was trimmed before it lives only in the row tables, so they ` +
        "cannot be rebuilt. Open with retain: 'all' where you need rebuilds from the first entry.",
    )
  }
}

/** The file was written by a newer daybook. */
export class NewerFormatError extends DaybookError {
  readonly code = 'DAYBOOK_NEWER_FORMAT'

  constructor(
    readonly found: number,
    readonly known: number,
  ) {
    super(
      `This file has format ${found}, this version of daybook reads up to ${known}. Update daybook; ` +
        'the file was not touched.',
    )
  }
}

/** The file is not a SQLite database (or is encrypted), or not one that belongs to daybook. */
export class NotADatabaseError extends DaybookError {
  readonly code = 'DAYBOOK_NOT_A_DATABASE'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** SQLite found the file damaged. */
export class CorruptFileError extends DaybookError {
  readonly code = 'DAYBOOK_CORRUPT_FILE'

  constructor(options: { cause: unknown }) {
    super(
      `SQLite reports that the database file is damaged (${messageOf(options.cause)}). Make a copy of the file and ` +
        'its -wal before you do anything else.',
      options,
    )
  }
}

/** The database could not be opened. */
export class CannotOpenError extends DaybookError {
  readonly code = 'DAYBOOK_CANNOT_OPEN'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** The lock that decides which process syncs a collection cannot be had: its file cannot be made, opened or locked. */
export class LockUnavailableError extends DaybookError {
  readonly code = 'DAYBOOK_LOCK_UNAVAILABLE'

  constructor(
    /** The lock file. */
    readonly path: string,
    options: { cause: unknown },
  ) {
    super(
      `The lock file ${path} cannot be used (${messageOf(options.cause)}), so this process does not sync the collection; ` +
        "it tries again. Check the permissions of the database's folder; lock files hold nothing and may be deleted.",
      options,
    )
  }
}

/** The SQLite library is older than the features that daybook needs. */
export class SqliteTooOldError extends DaybookError {
  readonly code = 'DAYBOOK_SQLITE_TOO_OLD'

  constructor(
    readonly found: string,
    readonly needed: string,
  ) {
    super(
      `SQLite ${found} is too old: daybook needs ${needed} or newer. Update the SQLite binding ` +
        '(for example `npm install better-sqlite3@latest`).',
    )
  }
}

/** Another connection (or the app, on a shared handle) kept the database locked for longer than `busyTimeout`. */
export class BusyError extends DaybookError {
  readonly code = 'DAYBOOK_BUSY'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** COMMIT failed in a way that leaves open whether it took effect. */
export class CommitUnknownError extends DaybookError {
  readonly code = 'DAYBOOK_COMMIT_UNKNOWN'

  constructor(options: { cause: unknown }) {
    super(
      `It is not known whether the commit took effect (${messageOf(options.cause)}). Repeat the same transaction ` +
        'with the same origin seq: if it is in the log already, nothing is added.',
      options,
    )
  }
}

/** There is no room for the write: disk full, quota reached, or `max_page_count` met. */
export class StorageFullError extends DaybookError {
  readonly code = 'DAYBOOK_STORAGE_FULL'

  constructor(options: { cause: unknown }) {
    super(
      'The storage is full, nothing was written. Free some space and write again; reading goes on.',
      options,
    )
  }
}

/** The database cannot be written: a read-only file, folder or connection. */
export class ReadOnlyError extends DaybookError {
  readonly code = 'DAYBOOK_READ_ONLY'

  constructor(options: { cause: unknown }) {
    super(
      'The database is read-only, nothing was written. Check the permissions of the file and its folder.',
      options,
    )
  }
}

/** The operating system failed to read or write the file. */
export class StorageIoError extends DaybookError {
  readonly code = 'DAYBOOK_STORAGE_IO'

  constructor(options: { cause: unknown }) {
    super(`Reading or writing the database file failed (${messageOf(options.cause)}).`, options)
  }
}

/** A SQLite error that daybook does not expect. The cause has the details. */
export class SqliteError extends DaybookError {
  readonly code = 'DAYBOOK_SQLITE'

  constructor(
    readonly sql: string | undefined,
    options: { cause: unknown },
  ) {
    super(`SQLite failed: ${messageOf(options.cause)}${sql === undefined ? '' : ` (in: ${sql})`}`, options)
  }
}

/** A transaction was given to a daybook that does not keep one of its collections. */
export class ForeignCollectionError extends DaybookError {
  readonly code = 'DAYBOOK_FOREIGN_COLLECTION'

  constructor(readonly collection: string) {
    super(
      `Collection ${quote(collection)} is not kept by this daybook, so this transaction cannot be committed here as ` +
        'one entry. Create the collection with persistedCollectionOptions({ persistence: daybook }), or commit only ' +
        'the mutations of collections that are.',
    )
  }
}

/** A row was inserted while the collection was loading, and its key turned out to be taken. */
export class KeyTakenError extends DaybookError {
  readonly code = 'DAYBOOK_KEY_TAKEN'

  constructor(
    readonly collection: string,
    readonly key: string | number,
  ) {
    super(
      `Collection ${quote(collection)} already has a row ${describe(key)}; it was on disk when this insert was made, ` +
        'but not loaded yet. Await preload() first, or use update().',
    )
  }
}

/** The context that has the database open failed in a way that this version does not know. */
export class RemoteError extends DaybookError {
  readonly code = 'DAYBOOK_REMOTE'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

/** A message between two contexts is not one that daybook sends. */
export class ProtocolError extends DaybookError {
  readonly code = 'DAYBOOK_PROTOCOL'

  constructor(readonly reason: string) {
    super(`A message to the leader was refused: ${reason}. Nothing was done.`)
  }
}

/** Two contexts run versions of daybook that do not understand each other. */
export class ProtocolVersionError extends DaybookError {
  readonly code = 'DAYBOOK_PROTOCOL_VERSION'

  constructor(
    readonly ours: number,
    readonly theirs: unknown,
  ) {
    super(
      `The context that has the database open speaks version ${String(theirs)} of daybook's protocol, this one version ` +
        `${ours}. Close or reload the tabs that still run the other version of the app.`,
    )
  }
}

/** No context that has the database open has answered in time. */
export class NoLeaderError extends DaybookError {
  readonly code = 'DAYBOOK_NO_LEADER'

  constructor(
    readonly waited: number,
    /** The context that has the lock of the database, as far as the runtime tells. */
    readonly holder: string | undefined,
  ) {
    super(
      `Nobody has opened the database within ${waited} ms; ` +
        (holder === undefined
          ? 'nobody has its lock. '
          : `its lock is held by ${holder}, which does not answer. `) +
        'Close other tabs of this app, or open the daybook again; a longer `openTimeout` waits longer.',
    )
  }
}

/** This browser, or this mode of it, cannot keep a database. `missing` says what it lacks. */
export class StorageUnavailableError extends DaybookError {
  readonly code = 'DAYBOOK_STORAGE_UNAVAILABLE'

  constructor(
    readonly missing: 'secure context' | 'Web Locks' | 'OPFS',
    options?: { cause?: unknown },
  ) {
    super(
      `This page cannot keep a database: it has no ${missing}` +
        (missing === 'secure context'
          ? ' (serve it over https or from localhost). '
          : ' (a private window, or an old browser). ') +
        "Tell the user, or open the daybook with `fallback: 'memory'`: it works then, and is forgotten with the page.",
      options,
    )
  }
}

/** Something is asked for that this version, or this runtime, cannot do. */
export class UnsupportedError extends DaybookError {
  readonly code = 'DAYBOOK_UNSUPPORTED'

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
  }
}

const quote = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text)

const describe = (value: unknown): string => {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** The message of anything that can be thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** `$.tags[3].name`, as SQLite writes JSON paths. */
const formatPath = (path: readonly (string | number)[]): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return /^[A-Za-z_$][\w$]*$/.test(step) ? `${text}.${step}` : `${text}[${quote(step)}]`
  }, '$')
