/** A clock that whoever runs the simulation moves. */

import type { Cancel, Clock } from '../../runtime/clock.js'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  #now = 1_700_000_000_000
  #timers: Timer[] = []

  now(): number {
    return this.#now
  }

  elapsed(): number {
    return this.#now
  }

  after(ms: number, callback: () => void): Cancel {
    const timer = { at: this.#now + ms, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length
  }

  /** How long nothing falls due, in ms. */
  get untilNext(): number {
    return this.#timers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY) - this.#now
  }

  /** Lets time pass: calls back what falls due, in order, and gives each a turn to do its work. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    while (await this.#callNext(end));
    this.#now = end
    await turn()
  }

  /** Calls back what is due next, if there is anything at all. */
  async next(): Promise<void> {
    await this.#callNext(Number.POSITIVE_INFINITY)
  }

  async #callNext(end: number): Promise<boolean> {
    const [next] = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
    if (next === undefined) return false
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#now = Math.max(this.#now, next.at)
    next.callback()
    await turn()
    return true
  }
}

/** Lets everything go on that waits for nothing but its turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
