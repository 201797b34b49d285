/** daybook on Node with better-sqlite3. */

import {
  type BetterSqlite3Database,
  openBetterSqlite3,
  openBetterSqlite3LockFile,
  useBetterSqlite3,
} from './drivers/better-sqlite3.js'
import type { Daybook } from './runtime/daybook.js'
import { openFileDaybook } from './runtime/open-file.js'
import type { FileOptions } from './runtime/options.js'

export type { BetterSqlite3Database } from './drivers/better-sqlite3.js'
export * from './index.js'

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
    useHandle: useBetterSqlite3,
    openLockFile: openBetterSqlite3LockFile,
  })
