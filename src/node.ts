/** daybook on Node with better-sqlite3. */

import { type BetterSqlite3Database, openBetterSqlite3, useBetterSqlite3 } from './drivers/better-sqlite3.js'
import { systemClock } from './runtime/clock.js'
import { Daybook } from './runtime/daybook.js'
import { openJournal } from './runtime/open.js'
import { checkDaybookOptions, type FileOptions, whichDatabase } from './runtime/options.js'
import { Origin } from './runtime/origin.js'

export type { BetterSqlite3Database } from './drivers/better-sqlite3.js'
export * from './index.js'

/** Options of {@link openDaybook}. */
export type NodeDaybookOptions = FileOptions<BetterSqlite3Database>

/**
 * Opens a daybook with better-sqlite3, in a file of its own or on a handle that the app already has. Answers at once;
 * the opening goes on behind it, and its failure reaches `ready` and whoever waits for a call.
 *
 * @throws InvalidOptionError
 * @example
 * const daybook = openDaybook({ filename: 'app.db' })
 * await daybook.ready
 */
export function openDaybook(options: NodeDaybookOptions): Daybook {
  const settings = checkDaybookOptions(options)
  const which = whichDatabase(options)
  const origin = new Origin()
  return new Daybook({
    origin,
    clock: systemClock,
    open: async (onError) => {
      const driver =
        'filename' in which
          ? openBetterSqlite3(which.filename, settings)
          : useBetterSqlite3(which.database, settings)
      return openJournal({ driver, clock: systemClock, origin, durability: settings.durability, onError })
    },
  })
}
