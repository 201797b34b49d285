/** daybook on Node with better-sqlite3. */

import {
  type BetterSqlite3Database,
  connectBetterSqlite3,
  openBetterSqlite3,
  openBetterSqlite3LockFile,
  useBetterSqlite3,
} from './drivers/better-sqlite3.js'
import type { Daybook } from './runtime/daybook/daybook.js'
import type { FileOptions } from './runtime/file-options.js'
import { exportEntries as entriesOf } from './runtime/files/export-entries.js'
import { exportRows as rowsOf } from './runtime/files/export-rows.js'
import { importEntries as entriesInto, type Imported } from './runtime/files/import-entries.js'
import type { Lines } from './runtime/files/parsed-lines.js'
import { salvage as salvageFrom } from './runtime/files/salvage.js'
import { openFileDaybook } from './runtime/open-file.js'
import type { Salvaged } from './runtime/quarantine/salvage/report.js'

export type { BetterSqlite3Database } from './drivers/better-sqlite3.js'
export * from './index.js'
export type { Imported } from './runtime/files/import-entries.js'
export { type ImportedRows, type ImportRowsOptions, importRows } from './runtime/files/import-rows.js'
export type { Lines } from './runtime/files/parsed-lines.js'
export type { Salvaged, SalvagedCollection } from './runtime/quarantine/salvage/report.js'

/** Options of {@link openDaybook}; `database` is a better-sqlite3 `Database`. */
export type DaybookOptions = FileOptions<BetterSqlite3Database>

/**
 * Opens a daybook with better-sqlite3, in a file of its own or on a handle that the app already has. Answers at once;
 * the opening goes on behind it, and its failure reaches `ready` and whoever waits for a call.
 *
 * @throws InvalidOptionError
 * @example
 * const daybook = openDaybook({ filename: 'app.db' })
 * await daybook.ready
 */
export const openDaybook = (options: DaybookOptions): Daybook =>
  openFileDaybook(options, {
    openFile: openBetterSqlite3,
    connect: connectBetterSqlite3,
    useHandle: useBetterSqlite3,
    openLockFile: openBetterSqlite3LockFile,
  })

/**
 * The log of a file as lines of JSON, exact to the byte, as of one moment; the daybook may be open and be written to.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptLogError
 * @example
 * for await (const line of exportEntries('app.db')) process.stdout.write(`${line}\n`)
 */
export const exportEntries = (filename: string): AsyncGenerator<string, void> =>
  entriesOf(connectBetterSqlite3, filename)

/**
 * Puts the lines of {@link exportEntries} into a new file, or adds what a file lacks that has the beginning of the same
 * log. Same seqs, same terms, same checksums; repeated, it adds nothing.
 *
 * @throws InvalidImportError, ImportConflictError
 * @example
 * await importEntries('copy.db', exportEntries('app.db'))
 */
export const importEntries = (filename: string, lines: Lines): Promise<Imported> =>
  entriesInto(connectBetterSqlite3, filename, lines)

/**
 * The rows of a collection as lines of JSON, as of one moment; `importRows` takes them in.
 *
 * @throws CannotOpenError, NotADatabaseError, CorruptLogError
 * @example
 * await importRows(daybook, exportRows('old.db', 'todos'))
 */
export const exportRows = (filename: string, collection: string): AsyncGenerator<string, void> =>
  rowsOf(connectBetterSqlite3, filename, collection)

/**
 * Makes a new file of what can still be read of a damaged one: the longest whole part of its log from the beginning, and
 * every row. The damaged file is not touched. Says what was lost.
 *
 * @throws UnsalvageableError when SQLite can read nothing at all; FileExistsError
 * @example
 * const { complete, lost, collections } = await salvage('app.db', 'salvaged.db')
 */
export const salvage = (source: string, target: string): Promise<Salvaged> =>
  salvageFrom(connectBetterSqlite3, source, target)
