/** What a check of a file finds, and what it could not look at. */

/**
 * The invariant that is broken, as the design numbers them; `format`: something is not as docs/log-format.md has it;
 * `SQLite`: SQLite itself says that the file is damaged.
 */
export type Invariant =
  | 'L1'
  | 'L2'
  | 'L3'
  | 'L4'
  | 'L5'
  | 'L6'
  | 'L7'
  | 'L8'
  | 'M1'
  | 'M2'
  | 'format'
  | 'SQLite'

/** Something that is not as it must be. */
export interface Finding {
  readonly invariant: Invariant
  /** The entry concerned, where it is one. */
  readonly seq?: number
  /** The collection whose rows, state, controls or index are concerned. */
  readonly collection?: string
  readonly message: string
}

/** Findings named one by one, for each invariant and collection; the rest is counted, for a file may have millions. */
const NAMED = 100

/** Gathers both while a file is checked. */
export class Report {
  readonly unchecked: string[] = []
  readonly #findings: Finding[] = []
  readonly #counts = new Map<string, { finding: Finding; count: number }>()

  /** Whether nothing was found so far. */
  get clean(): boolean {
    return this.#findings.length === 0
  }

  found(invariant: Invariant, message: string, where: Pick<Finding, 'seq' | 'collection'> = {}): void {
    const finding = { invariant, ...where, message }
    const kind = JSON.stringify([invariant, where.collection])
    const known = this.#counts.get(kind) ?? { finding, count: 0 }
    this.#counts.set(kind, known)
    if (++known.count <= NAMED) this.#findings.push(finding)
  }

  /** All findings, those that were not named as one line for each kind. */
  list(): Finding[] {
    const further = [...this.#counts.values()].filter(({ count }) => count > NAMED)
    return [
      ...this.#findings,
      ...further.map(({ finding: { invariant, collection }, count }) => ({
        invariant,
        ...(collection !== undefined && { collection }),
        message: `There are ${count - NAMED} further findings of this kind.`,
      })),
    ]
  }
}
