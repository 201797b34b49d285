/** daybook on node:sqlite: Node 22.16 and newer, Deno, Bun. Nothing to install. */

import {
  type NodeSqliteDatabase,
  openNodeSqlite,
  openNodeSqliteLockFile,
  useNodeSqlite,
} from './drivers/node-sqlite.js'
import type { Daybook } from './runtime/daybook.js'
import { openFileDaybook } from './runtime/open-file.js'
import type { FileOptions } from './runtime/options.js'

export type { NodeSqliteDatabase } from './drivers/node-sqlite.js'
export * from './index.js'

/** Options of {@link openDaybook}; `database` is a node:sqlite `DatabaseSync`. */
export type DaybookOptions = FileOptions<NodeSqliteDatabase>

/**
 * Opens a daybook with node:sqlite, in a file of its own or on a handle that the app already has. Answers at once; the
 * opening goes on behind it, and its failure reaches `ready` and whoever waits for a call.
 *
 * @throws InvalidOptionError
 * @example
 * const daybook = openDaybook({ filename: 'app.db' })
 * await daybook.ready
 */
export const openDaybook = (options: DaybookOptions): Daybook =>
  openFileDaybook(options, {
    openFile: openNodeSqlite,
    useHandle: useNodeSqlite,
    openLockFile: openNodeSqliteLockFile,
  })
