/** The connection settings that daybook's promises rest on. */

/**
 * What an acknowledged write survives: `process` a kill of the process (WAL, synchronous=NORMAL), `power` also a power
 * cut (synchronous=FULL, one more fsync for each commit).
 */
export type Durability = 'process' | 'power'

/** For a file that daybook opens itself. auto_vacuum has to come before the first table. */
export const ownFileSettings = (durability: Durability, busyTimeout: number): string[] => [
  `PRAGMA busy_timeout = ${Math.trunc(busyTimeout)}`,
  'PRAGMA auto_vacuum = INCREMENTAL',
  'PRAGMA journal_mode = WAL',
  `PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`,
  // A reader that trusts what a damaged schema says could be led anywhere: https://www.sqlite.org/security.html
  'PRAGMA trusted_schema = OFF',
]

/** SQLite's numbers for `PRAGMA synchronous`. */
const FULL = 2

/** For a handle that the app opened: only what durability needs, and never less than the app has set. */
export const sharedHandleSettings = (durability: Durability, synchronous: number): string[] =>
  durability === 'power' && synchronous < FULL ? ['PRAGMA synchronous = FULL'] : []
