/** The interesting things that can happen in a simulation, and how often each did: one that never does is not tested. */

export const BRANCHES = [
  'a leader took over while appends were pending',
  'a duplicate was answered with its first position',
  'an append of a deposed leader was fenced',
  'a tab caught up by reading the log',
  'a tab reloaded after a trim',
  'a commit was unknown, and resolved',
  'a frozen tab woke',
  'a tab came back from the back/forward cache',
  'a worker died in an open transaction',
  'a worker died between a commit and its answer',
  'a tab was told that its write was refused',
  'a leader could not open the database, and another try did',
  'a checkpoint was written, and the log trimmed',
  'two tabs changed one row at once',
  'messages were lost',
  'messages came twice',
  'the power failed, and unsynced entries were lost',
  'the power failed, and every entry was kept',
] as const

export type Branch = (typeof BRANCHES)[number]

export class Branches {
  readonly #counts = new Map<Branch, number>()

  reached(branch: Branch): void {
    this.#counts.set(branch, (this.#counts.get(branch) ?? 0) + 1)
  }

  /** All of them, in their order. */
  get counts(): Readonly<Record<Branch, number>> {
    return Object.fromEntries(BRANCHES.map((branch) => [branch, this.#counts.get(branch) ?? 0])) as Record<
      Branch,
      number
    >
  }
}
