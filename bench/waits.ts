/** Appending without a pause, and how long each append takes: the waits that an app would notice. */

import { setImmediate } from 'node:timers/promises'
import type { Daybook } from 'daybook'
import { todo } from './rows.js'
import { collectGarbage, perSecond } from './timing.js'
import { transactionOf } from './transactions.js'

/** Rows that are written over and over. */
const ROWS = 1000

/** What a run of appends found; times in ms. */
export interface Waits {
  /** Appends a second. */
  readonly rate: number
  readonly p50: number
  readonly p99: number
  readonly longest: number
}

/**
 * Appends one after the other, each awaited, until `isOver` says so. A turn of the event loop lies before each, as in an
 * app that awaits anything else, and is part of its wait: whoever blocks the loop makes the next append late.
 */
export async function appendUntil(daybook: Daybook, origin: string, isOver: () => boolean): Promise<Waits> {
  collectGarbage()
  const times: number[] = []
  const from = performance.now()
  let last = from
  for (let originSeq = 1; !isOver(); originSeq++) {
    await setImmediate()
    await daybook.journal.append(transactionOf(origin, originSeq, todo(originSeq % ROWS)))
    const now = performance.now()
    times.push(now - last)
    last = now
  }
  const rate = perSecond(times.length, last - from)
  times.sort((a, b) => a - b)
  const at = (part: number): number => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0
  return { rate, p50: at(0.5), p99: at(0.99), longest: at(1) }
}

/** `isOver` for so many ms from now on. */
export function after(ms: number): () => boolean {
  const end = performance.now() + ms
  return () => performance.now() >= end
}
