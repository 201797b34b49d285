/** Which binding opens a file: the app's better-sqlite3 where it can be loaded, else that of Node itself. */

import { connectBetterSqlite3 } from '../drivers/better-sqlite3.js'
import type { Connection } from '../drivers/driver.js'
import { connectNodeSqlite } from '../drivers/node-sqlite.js'
import type { ConnectionSettings } from '../drivers/settings.js'
import { CannotOpenError, UnsupportedError } from '../errors.js'

/** @throws CannotOpenError, NotADatabaseError, CorruptFileError, BusyError */
export function connectFile(path: string, settings: ConnectionSettings): Connection {
  try {
    return connectBetterSqlite3(path, settings)
  } catch (error) {
    if (!isMissing(error)) throw error
    try {
      return connectNodeSqlite(path, settings)
    } catch (second) {
      throw second instanceof UnsupportedError ? error : second
    }
  }
}

/** better-sqlite3 is not installed, or not for this Node. */
function isMissing(error: unknown): boolean {
  if (error instanceof UnsupportedError) return true
  const cause = error instanceof CannotOpenError ? (error.cause as { code?: unknown } | undefined) : undefined
  return cause?.code === 'MODULE_NOT_FOUND' || cause?.code === 'ERR_DLOPEN_FAILED'
}
