/**
 * A lock that SQLite holds: an EXCLUSIVE transaction on a small file of its own, never on the database. The system gives
 * it back when the process ends, however it ends. Nothing is ever committed: the file stays empty.
 *
 * On POSIX systems a process loses all its locks on a file when it closes any descriptor of that file. SQLite takes care
 * of its own connections only: nobody may open such a file in another way, nor through a second copy of SQLite, in a
 * process that may hold the lock.
 */

import { BusyError } from '../errors.js'
import { classifyError } from './sqlite-errors.js'

/** A connection to a lock file. */
export interface LockFile {
  /** Takes the lock if it is free, without waiting. Answers whether this connection has it. When it throws, close it. */
  tryLock(): boolean
  /** Gives the lock back and closes the file. */
  close(): void
}

/** Opens a lock file; it is created where there is none.
 *
 * @throws CannotOpenError and whatever else keeps SQLite from opening a file
 */
export type OpenLockFile = (path: string) => LockFile

/** A lock file on a connection that does not wait for locks. `prepare` answers with what executes the statement. */
export function lockFileOn(prepare: (sql: string) => () => unknown, close: () => void): LockFile {
  // Whoever waits tries a few times a second, for each collection.
  const begin = prepare('BEGIN EXCLUSIVE')
  let ready = false
  let locked = false
  const lock = (): void => {
    // The rollback journal of the empty transaction would be a second file. Even this reads the file, and so cannot be
    // done while somebody else has the lock.
    if (!ready) prepare('PRAGMA journal_mode = MEMORY')()
    ready = true
    begin()
    // On a file that may not be written, SQLite begins to read instead and says nothing; only a write tells.
    prepare('PRAGMA user_version = 0')()
    locked = true
  }
  return {
    tryLock() {
      try {
        if (!locked) lock()
      } catch (error) {
        const failure = classifyError(error)
        if (!(failure instanceof BusyError)) throw failure
      }
      return locked
    },
    close,
  }
}
