/** The connection settings that daybook's promises rest on. */

import { ReadOnlyError, UnsupportedError } from '../errors.js'
import { untilFree } from './patience.js'
import { classifyError } from './sqlite-errors.js'

/**
 * What an acknowledged write survives: `process` a kill of the process (WAL, synchronous=NORMAL), `power` also a power
 * cut (synchronous=FULL, one more fsync for each commit).
 */
export type Durability = 'process' | 'power'

export interface ConnectionSettings {
  readonly durability: Durability
  /** How long SQLite waits for another connection's lock, in ms. */
  readonly busyTimeout: number
  /** Opened to look only: nothing of the file is changed, and no lock is taken that a writer waits for. */
  readonly readonly?: boolean
}

/** Executes one statement at once and answers with its rows. */
export type Execute = (sql: string) => readonly unknown[]

/** SQLite's numbers for `PRAGMA synchronous`. */
const FULL = 2

/** Sets up a file that daybook opened itself. Answers whether the connection can only read. */
export function setUpOwnFile(
  execute: Execute,
  { durability, busyTimeout, readonly }: ConnectionSettings,
): boolean {
  execute(`PRAGMA busy_timeout = ${Math.trunc(busyTimeout)}`)
  // A reader that trusts what a damaged schema says could be led anywhere: https://www.sqlite.org/security.html
  execute('PRAGMA trusted_schema = OFF')
  if (readonly) return true
  // Counts only in a new file, and only before anything is written, be it rolled back again.
  const [{ page_count: pages }] = execute('PRAGMA page_count') as readonly [{ page_count: number }]
  if (pages === 0) execute('PRAGMA auto_vacuum = INCREMENTAL')
  if (cannotWrite(execute)) return true
  useWal(execute, busyTimeout)
  execute(`PRAGMA wal_autocheckpoint = ${PAGES_BEFORE_CHECKPOINT}`)
  // What a -wal has grown to in one large transaction is given back at the next checkpoint.
  execute(`PRAGMA journal_size_limit = ${WAL_LIMIT}`)
  execute(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  return false
}

/**
 * How many pages a -wal has before SQLite brings them into the file: 16 MB. A checkpoint waits for the disk twice; with
 * SQLite's own 1,000 pages, small appends spend a tenth of their time on it.
 */
const PAGES_BEFORE_CHECKPOINT = 4000

/** To what a -wal is cut back at a checkpoint, in bytes. */
const WAL_LIMIT = 1 << 20

// SQLite does not wait for this one lock: two processes that create a file together would fail at once.
function useWal(execute: Execute, busyTimeout: number): void {
  untilFree(() => {
    const [row] = execute('PRAGMA journal_mode') as readonly { journal_mode: string }[]
    if (row?.journal_mode !== 'wal') execute('PRAGMA journal_mode = WAL')
  }, busyTimeout)
}

/**
 * Sets up a handle that the app opened: only what durability needs, and never less than the app has set. Answers with what
 * the app should know of it.
 *
 * The journal mode stays the app's: it is written into the file, for every other program that opens it.
 *
 * @throws UnsupportedError when a kill in the middle of a commit would damage the file
 */
export function setUpSharedHandle(execute: Execute, { durability }: ConnectionSettings): string[] {
  const [row] = execute('PRAGMA synchronous') as readonly { synchronous: number }[]
  if (durability === 'power' && Number(row?.synchronous) < FULL) execute('PRAGMA synchronous = FULL')
  return journalWarnings(execute)
}

function journalWarnings(execute: Execute): string[] {
  const [row] = execute('PRAGMA journal_mode') as readonly { journal_mode: string }[]
  const mode = String(row?.journal_mode).toLowerCase()
  const databases = execute('PRAGMA database_list') as readonly { name: string; file: string | null }[]
  const isFile = Boolean(databases.find(({ name }) => name === 'main')?.file)
  if (mode === 'off' || (mode === 'memory' && isFile)) {
    throw new UnsupportedError(
      `The database handle has journal_mode = ${mode}: what is half written cannot be taken back, and a kill in the middle ` +
        'of a commit would damage the file. Run `PRAGMA journal_mode = WAL` on the handle before you give it to openDaybook().',
    )
  }
  if (mode === 'wal' || !isFile) return []
  return [
    `The database handle has journal_mode = ${mode}, not WAL: each commit is slower, and writers and readers of several ` +
      'connections wait for each other. Run `PRAGMA journal_mode = WAL` on the handle before you give it to openDaybook(); ' +
      'the file remembers it.',
  ]
}

/** SQLite opens a file that may not be written without a word, and even begins a write; only a write tells. */
export function cannotWrite(execute: Execute): boolean {
  execute('BEGIN IMMEDIATE')
  try {
    execute('PRAGMA user_version = 0')
    return false
  } catch (error) {
    const failure = classifyError(error)
    if (failure instanceof ReadOnlyError) return true
    throw failure
  } finally {
    execute('ROLLBACK')
  }
}
