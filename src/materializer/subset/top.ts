/** The first so many of a stream, with all that tie with the last one, in memory for about twice as many. */

interface Ranked<T> {
  readonly value: unknown
  readonly item: T
}

export class Top<T> {
  readonly #count: number
  readonly #compare: (a: unknown, b: unknown) => number
  #ranked: Ranked<T>[] = []
  /** When so many are held, those that are not among the first go. */
  #cutAt: number

  constructor(count: number, compare: (a: unknown, b: unknown) => number) {
    this.#count = count
    this.#compare = compare
    this.#cutAt = 2 * count + 1000
  }

  add(value: unknown, item: T): void {
    if (this.#count === 0) return
    this.#ranked.push({ value, item })
    if (this.#ranked.length < this.#cutAt) return
    this.#cut()
    // Many ties: looked at again only when there are many more.
    this.#cutAt = 2 * this.#ranked.length + 1000
  }

  /** In a stream that comes in order: the last one added lies behind the last that is asked for. */
  get isComplete(): boolean {
    if (this.#count === 0) return true
    const last = this.#ranked[this.#count - 1]
    const newest = this.#ranked.at(-1)
    return last !== undefined && newest !== undefined && this.#compare(last.value, newest.value) !== 0
  }

  get items(): T[] {
    this.#cut()
    return this.#ranked.map(({ item }) => item)
  }

  #cut(): void {
    this.#ranked.sort((a, b) => this.#compare(a.value, b.value))
    const last = this.#ranked[this.#count - 1]
    if (last === undefined) return
    let end = this.#count
    while (end < this.#ranked.length && this.#compare(last.value, this.#ranked[end]!.value) === 0) end++
    this.#ranked.length = end
  }
}
