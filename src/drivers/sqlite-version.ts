/** Which SQLite libraries daybook refuses, and which it warns about. */

import { SqliteTooOldError } from '../errors.js'

/** 3.38 brought `->>`, with which people read row tables; RETURNING (3.35) and UPSERT (3.24) came before. */
const OLDEST = '3.38.0'

/** Builds from 3.7.0 can corrupt a file that two connections checkpoint at once; mended in 3.51.3. https://www.sqlite.org/wal.html */
const WAL_RESET_FIXED = '3.51.3'

/** @throws SqliteTooOldError */
export function requireSqlite(version: string): void {
  if (compare(version, OLDEST) < 0) throw new SqliteTooOldError(version, OLDEST)
}

/** What a user of this SQLite version should know; nothing for a sound one. */
export function sqliteWarnings(version: string): string[] {
  if (compare(version, WAL_RESET_FIXED) >= 0) return []
  return [
    `SQLite ${version} has the WAL-reset bug (3.7.0 to 3.51.2): a file in WAL mode that several connections use can, ` +
      `very rarely, be corrupted. Update the SQLite binding to one with ${WAL_RESET_FIXED} or newer.`,
  ]
}

function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
