/**
 * Locks by name among all contexts that share a daybook, in the shape of the browser's `navigator.locks`.
 *
 * A lock decides who works, never who is right: two contexts that both believe to have one do no harm, because the log
 * refuses what is appended under an older claim.
 */

export interface LockRequest {
  /** Ends the waiting: the request rejects with the signal's reason. A lock that was granted stays granted. */
  readonly signal: AbortSignal
  /** Somebody waits for it: where a lock cannot tell when it becomes free, look often. */
  readonly urgent?: boolean
  /** Take it from a holder that does not answer any more. */
  readonly steal?: boolean
}

export interface Locks {
  /**
   * Waits for the lock of this name; one holder at a time.
   *
   * @throws LockUnavailableError when the lock cannot be asked for at all; the reason of `signal` when that aborts
   */
  request(name: string, options: LockRequest): Promise<Lock>
  /** Whether another context waits for the lock; left out where nobody can tell. */
  isWanted?(name: string): Promise<boolean>
}

/** A lock that is held. */
export interface Lock {
  /** Lets the next one in. More than once does nothing. */
  release(): void
  /** Resolves when the lock was taken away. Left out where that cannot be, or cannot be known. */
  readonly lost?: Promise<void>
}

/** For a context that must not have any lock: every request waits until it is given up. */
export const noLocks: Locks = {
  request: (_name, { signal }) =>
    new Promise((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason)
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    }),
}

/**
 * Locks at once, for a database that is still being opened; they are asked for when the first one is needed. Where it cannot
 * be opened, nobody ever gets one.
 */
export function openingLocks(open: () => Promise<Locks>): Locks {
  let opening: Promise<Locks> | undefined
  // Why it cannot be opened is told by `ready` and by every call of the journal.
  const opened = (): Promise<Locks> => {
    opening ??= open().catch(() => noLocks)
    return opening
  }
  return {
    request: async (name, options) => (await opened()).request(name, options),
    isWanted: async (name) => (await (await opened()).isWanted?.(name)) ?? false,
  }
}
