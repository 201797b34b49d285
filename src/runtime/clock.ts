/** Time, passed in so that a simulation can own it. */

/** Cancels a timer. */
export type Cancel = () => void

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Milliseconds since some moment in the past of this context, with fractions; never goes back. For durations. */
  elapsed(): number
  /** Calls back once after `ms`. Never keeps a process alive. */
  after(ms: number, callback: () => void): Cancel
}

/** The clock of this runtime. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timer: unknown = setTimeout(callback, ms)
    // Node's timers keep the process alive unless told otherwise; a browser's timer is a number.
    if (typeof timer === 'object' && timer !== null && 'unref' in timer) (timer as { unref(): void }).unref()
    return () => clearTimeout(timer as number)
  },
}

/** Resolves after `ms`, or when the signal aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
