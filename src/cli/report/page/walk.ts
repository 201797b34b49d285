/** Where the page is, and how it gets to the next entry: among those that the search leaves. */

export class Walk {
  readonly #count: number
  readonly #show: (index: number) => void
  /** In order; all of them where nothing is searched for. */
  #found: readonly number[] | undefined
  at: number

  constructor(count: number, at: number, show: (index: number) => void) {
    this.#count = count
    this.#show = show
    this.at = at
  }

  filter(matches: ReadonlySet<number> | undefined): void {
    this.#found = matches && [...matches]
  }

  go(index: number): void {
    const next = Math.max(0, Math.min(this.#count - 1, index))
    if (next === this.at) return
    this.at = next
    this.#show(next)
  }

  /** So many entries further, or back. */
  step(by: number): void {
    const found = this.#found
    if (found === undefined) this.go(this.at + by)
    if (found === undefined || found.length === 0) return
    // The first one behind where the page is, which need not be one of them itself.
    const behind = found.findIndex((index) => index > this.at)
    const next = behind === -1 ? found.length : behind
    const isOnOne = found[next - 1] === this.at
    const place = by > 0 ? next + by - 1 : next + by - (isOnOne ? 1 : 0)
    this.go(found[Math.max(0, Math.min(found.length - 1, place))] as number)
  }

  first(): void {
    this.go(this.#found?.[0] ?? 0)
  }

  last(): void {
    this.go(this.#found?.at(-1) ?? this.#count - 1)
  }
}
