/**
 * Counting the most frequent of arbitrarily many things in bounded memory: the "space saving" sketch (Metwally, Agrawal,
 * El Abbadi, 2005). Of n things counted with m counters, each that came more than n/m times is in the answer, and no
 * count is too high by more than n/m; exact as long as there are no more than m different things.
 */

export class Top {
  readonly #counters: number
  readonly #counts = new Map<string, number>()
  #total = 0
  #isFull = false

  constructor(counters: number) {
    this.#counters = counters
  }

  add(thing: string, by = 1): void {
    this.#total += by
    const known = this.#counts.get(thing)
    if (known !== undefined || this.#counts.size < this.#counters * 2) {
      this.#counts.set(thing, (known ?? this.#floor) + by)
      return
    }
    this.#shrink()
    this.#counts.set(thing, this.#floor + by)
  }

  /** What the rarest that was given up had: a newcomer may have had as much. */
  #floor = 0

  // Half of the counters at once, so that it is seldom; the rarest go.
  #shrink(): void {
    this.#isFull = true
    const sorted = [...this.#counts].sort((a, b) => b[1] - a[1])
    for (const [thing] of sorted.slice(this.#counters)) this.#counts.delete(thing)
    this.#floor = sorted[this.#counters]?.[1] ?? this.#floor
  }

  /** The most frequent ones, and how much too high a count may be. */
  top(count: number): {
    readonly items: readonly (readonly [thing: string, count: number])[]
    readonly tooHighBy: number
  } {
    const items = [...this.#counts].sort((a, b) => b[1] - a[1]).slice(0, count)
    return { items, tooHighBy: this.#isFull ? this.#floor : 0 }
  }

  get total(): number {
    return this.#total
  }
}
